import Logging
import SendLogCore

/// Renders the lines of the log.
extension [UInt8] {
    /// Appends the line of an event, with its fields in the order of their names.
    mutating func appendLine(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ fields: Logger.Metadata,
        _ format: LogFormat
    ) {
        beginLine(level, message, format)
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            if format == .json, Self.isNumber(value) {
                append(",")
                appendJSON(name)
                append(contentsOf: ":\(value)".utf8)
            } else {
                appendField(name, "\(value)", format)
            }
        }
        endLine(format)
    }

    private static func isNumber(_ value: Logger.Metadata.Value) -> Bool {
        guard case .stringConvertible(let value) = value else { return false }
        return value is any BinaryInteger || value is Double
    }

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
