import Foundation

extension JSON {
    /// The value as JSON.
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

    /// Whether the value is `true`.
    var isTrue: Bool { self == .bool(true) }

    /// The number, or `nil` if the value is no number.
    var double: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    /// The members of an object; of another value none.
    var members: [String: JSON] {
        if case .object(let members) = self { members } else { [:] }
    }

    /// A string without quotes, and other values as JSON.
    var plainText: String { string ?? encoded }
}

extension JSON: ExpressibleByBooleanLiteral {
    init(booleanLiteral value: Bool) { self = .bool(value) }
}
