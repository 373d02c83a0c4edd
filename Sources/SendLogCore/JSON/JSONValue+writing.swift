import SendLogNetwork

/// Writes parsed JSON values, and lists the members of objects, for webhook requests.
extension JSONValue {
    /// The names of an object's members; empty for any other value.
    var names: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.name)
    }

    /// Appends the value as JSON, without white space.
    func write(to bytes: inout [UInt8]) {
        switch self {
        case .scalar(.null): bytes.append("null")
        case .scalar(.bool(let flag)): bytes.append(flag ? "true" : "false")
        case .scalar(.number(let number)): bytes.append(contentsOf: number.text.utf8)
        case .string(let text): bytes.appendJSON(text)
        case .array(let values):
            bytes.append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(",") }
                value.write(to: &bytes)
            }
            bytes.append("]")
        case .object(let members):
            bytes.append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(",") }
                bytes.appendJSON(member.name)
                bytes.append(":")
                member.value.write(to: &bytes)
            }
            bytes.append("}")
        }
    }
}
