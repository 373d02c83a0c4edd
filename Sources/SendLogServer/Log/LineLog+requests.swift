import Logging
import SendLogAPI
import SendLogCore
import SendLogNetwork

/// Renders the lines of requests, which are many, without the dictionary and the texts that a logger's metadata need.
extension LineLog: RequestLog {
    /// Writes a line, in the same form as ``log(event:)``.
    func write(_ line: RequestLine) {
        guard line.event == nil, metadata.isEmpty else {
            return write(line.level, line.message, metadata.merging(line.metadata) { $1 })
        }
        output.append(line.level) { $0.append(line, format) }
    }
}

extension [UInt8] {
    /// Appends the line of a request, with its fields in the order of their names.
    fileprivate mutating func append(_ line: RequestLine, _ format: LogFormat) {
        beginLine(line.level, line.message, format)
        beginField("bytes", format)
        appendDecimal(line.bytes)
        if let cause = line.cause { appendField("cause", cause, format) }
        if let client = line.client { appendField("client", client.description, format) }
        if let code = line.code { appendField("code", code, format) }
        if let key = line.key {
            beginField("key", format)
            append(format == .json ? "\"key_" : "key_")
            appendDecimal(key.number)
            if format == .json { append("\"") }
        }
        beginField("ms", format)
        appendThousandths(line.microseconds)
        if let organisation = line.organisation {
            beginField("organisation", format)
            appendDecimal(organisation.number)
        }
        appendField("request_id", line.requestID, format)
        appendField("route", line.route, format)
        beginField("status", format)
        appendDecimal(line.status)
        endLine(format)
    }

    /// Appends what comes before the value of a field.
    private mutating func beginField(_ name: StaticString, _ format: LogFormat) {
        append(format == .json ? ",\"" : " ")
        append(name)
        append(format == .json ? "\":" : "=")
    }

    /// Appends a number of thousandths, as `Double` describes it: 1.0, 1.5, 1.234.
    private mutating func appendThousandths(_ value: Int) {
        appendDecimal(value / 1000)
        append(".")
        appendDecimal(value % 1000, digits: 3)
        // Without the zeros at the end, except the first one.
        for _ in 0..<2 where last == UInt8(ascii: "0") { removeLast() }
    }
}
