/// A value that has a JSON form.
package protocol JSONWritable {
    /// Appends the value as JSON, without white space.
    func writeJSON(to bytes: inout [UInt8])
}

extension JSONWritable {
    /// The value as JSON.
    package var json: String {
        var bytes: [UInt8] = []
        writeJSON(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Appends a member of an object, after a comma unless it is the first one.
    package mutating func appendMember(_ name: String, _ value: some JSONWritable) {
        if last != UInt8(ascii: "{") { append(",") }
        appendJSON(name)
        append(":")
        value.writeJSON(to: &self)
    }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    package func writeJSON(to bytes: inout [UInt8]) {
        if let value = self { value.writeJSON(to: &bytes) } else { bytes.append("null") }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    package func writeJSON(to bytes: inout [UInt8]) {
        bytes.append("[")
        for (index, element) in enumerated() {
            if index > 0 { bytes.append(",") }
            element.writeJSON(to: &bytes)
        }
        bytes.append("]")
    }
}

extension String: JSONWritable {
    package func writeJSON(to bytes: inout [UInt8]) { bytes.appendJSON(self) }
}

extension Int: JSONWritable {
    package func writeJSON(to bytes: inout [UInt8]) { bytes.appendDecimal(self) }
}

extension Bool: JSONWritable {
    package func writeJSON(to bytes: inout [UInt8]) { bytes.append(self ? "true" : "false") }
}

extension Timestamp: JSONWritable {
    package func writeJSON(to bytes: inout [UInt8]) {
        bytes.append("\"")
        write(to: &bytes)
        bytes.append("\"")
    }
}

extension JSONValue: JSONWritable {
    package func writeJSON(to bytes: inout [UInt8]) {
        switch self {
        case .scalar(.null): bytes.append("null")
        case .scalar(.bool(let flag)): flag.writeJSON(to: &bytes)
        case .scalar(.number(let number)): bytes.append(contentsOf: number.text.utf8)
        case .string(let text): bytes.appendJSON(text)
        case .array(let values): values.writeJSON(to: &bytes)
        case .object(let members):
            bytes.append("{")
            for member in members { bytes.appendMember(member.name, member.value) }
            bytes.append("}")
        }
    }
}
