import Logging

/// Renders log messages as lines, one per event.
struct LineLog: LogHandler {
    /// The minimum level of log messages.
    var logLevel: Logger.Level
    /// The metadata of every line.
    var metadata: Logger.Metadata = [:]

    let format: LogFormat
    let output: LogOutput

    /// Creates a log handler whose lines an output writes, with a minimum level of messages.
    init(to output: LogOutput, format: LogFormat, level: Logger.Level) {
        (self.output, self.format) = (output, format)
        logLevel = level
    }

    /// Accesses the metadata of every line.
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event as one line.
    func log(event: LogEvent) {
        write(event.level, event.message, metadata.merging(event.metadata ?? [:]) { $1 })
    }

    /// Writes an event with its fields as one line.
    func write(_ level: Logger.Level, _ message: Logger.Message, _ fields: Logger.Metadata) {
        var line: [UInt8] = []
        line.appendLine(level, message, fields, format)
        output.append(level) { $0.append(contentsOf: line) }
    }
}
