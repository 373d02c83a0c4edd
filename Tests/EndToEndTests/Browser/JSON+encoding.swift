import Foundation

extension JSON {
    /// The value as it stands in a message.
    var encoded: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value): Int(exactly: value).map(String.init) ?? String(value)
        case .string(let value): JSON.text(value)
        case .array(let elements): "[\(elements.map(\.encoded).joined(separator: ","))]"
        case .object(let members):
            "{\(members.map { "\(JSON.text($0)):\($1.encoded)" }.joined(separator: ","))}"
        }
    }

    /// Whether it is `true`.
    var isTrue: Bool { self == .bool(true) }

    /// The number.
    var double: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    /// The members of an object.
    var members: [String: JSON] {
        if case .object(let members) = self { members } else { [:] }
    }

    /// A string, a number or a truth value in words, and other values as they stand in a message.
    var plainText: String { string ?? encoded }
}

extension JSON: ExpressibleByBooleanLiteral {
    init(booleanLiteral value: Bool) { self = .bool(value) }
}
