import Foundation
public import Logging
import SendLogCore

/// Writes log messages to standard error, one line per event.
public struct LineLog: LogHandler {
    /// The minimum level of log messages.
    public var logLevel: Logger.Level
    /// The metadata of every line.
    public var metadata: Logger.Metadata = [:]

    private let format: LogFormat

    /// Creates a log handler with a format of lines and a minimum level of messages.
    public init(format: LogFormat, level: Logger.Level) {
        self.format = format
        logLevel = level
    }

    /// Accesses the metadata of every line.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event as one line.
    public func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = ServiceClock.now().description
        var line: [UInt8] = []
        switch format {
        case .text:
            line.append(contentsOf: "\(time) \(event.level) \(event.message)".utf8)
            for (key, value) in fields { line.append(contentsOf: " \(key)=\(Self.quoted("\(value)"))".utf8) }
        case .json:
            line.append("{")
            line.appendMember("time", time)
            line.appendMember("level", "\(event.level)")
            line.appendMember("message", "\(event.message)")
            for (key, value) in fields {
                if Self.isNumber(value) {
                    line.append(",")
                    line.appendJSON(key)
                    line.append(contentsOf: ":\(value)".utf8)
                } else {
                    line.appendMember(key, "\(value)")
                }
            }
            line.append("}")
        }
        line.append("\n")
        // One write per line, so that lines of different threads do not mix.
        try? FileHandle.standardError.write(contentsOf: line)
    }

    private static func isNumber(_ value: Logger.Metadata.Value) -> Bool {
        guard case .stringConvertible(let value) = value else { return false }
        return value is any BinaryInteger || value is Double
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0.isVisibleASCII && $0 != UInt8(ascii: "\"") }
        return isPlain ? value : value.json
    }
}
