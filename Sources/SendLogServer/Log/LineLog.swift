import Logging
import SendLogCore

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
        Self.append(level, message, fields, format, to: &line)
        output.append(level) { $0.append(contentsOf: line) }
    }

    /// Appends the line of an event.
    static func append(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ fields: Logger.Metadata,
        _ format: LogFormat,
        to line: inout [UInt8]
    ) {
        line.beginLine(level, message, format)
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            if format == .json, isNumber(value) {
                line.append(",")
                line.appendJSON(name)
                line.append(contentsOf: ":\(value)".utf8)
            } else {
                line.appendField(name, "\(value)", format)
            }
        }
        line.endLine(format)
    }

    private static func isNumber(_ value: Logger.Metadata.Value) -> Bool {
        guard case .stringConvertible(let value) = value else { return false }
        return value is any BinaryInteger || value is Double
    }
}

extension [UInt8] {
    /// Appends the time, the level and the message of a line.
    mutating func beginLine(_ level: Logger.Level, _ message: Logger.Message, _ format: LogFormat) {
        switch format {
        case .text:
            ServiceClock.now().write(to: &self)
            append(" ")
            append(contentsOf: level.rawValue.utf8)
            append(" ")
            append(contentsOf: message.description.utf8)
        case .json:
            append("{")
            appendMember("time", ServiceClock.now())
            appendMember("level", level.rawValue)
            appendMember("message", message.description)
        }
    }

    /// Appends a field with a text.
    mutating func appendField(_ name: String, _ value: String, _ format: LogFormat) {
        guard format == .text else { return appendMember(name, value) }
        append(" ")
        append(contentsOf: name.utf8)
        append("=")
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0.isVisibleASCII && $0 != UInt8(ascii: "\"") }
        if isPlain { append(contentsOf: value.utf8) } else { appendJSON(value) }
    }

    /// Ends a line.
    mutating func endLine(_ format: LogFormat) { append(format == .json ? "}\n" : "\n") }
}
