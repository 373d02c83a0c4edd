import Foundation

/// A JSON value, to examine responses.
///
/// Tests for which the order of fields matters compare bytes instead.
enum JSON: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Parses JSON.
    ///
    /// - Throws: if the bytes are not JSON.
    init(parsing bytes: some Sequence<UInt8>) throws {
        self.init(try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed))
    }

    /// Converts a value of `JSONSerialization`.
    ///
    /// A decoder would try one type after another, and the testing library records a backtrace for each failure.
    private init(_ value: Any) {
        self =
            switch value {
            case let text as String: .string(text)
            case let members as [String: Any]: .object(members.mapValues(JSON.init))
            case let elements as [Any]: .array(elements.map(JSON.init))
            case let number as NSNumber where String(cString: number.objCType) == "c": .bool(number.boolValue)
            case let number as NSNumber: .number(number.doubleValue)
            default: .null
            }
    }

    /// A member, or `null` if there is none.
    subscript(name: String) -> JSON {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    /// An element, or `null` if there is none.
    subscript(index: Int) -> JSON {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { .null }
    }

    /// The names of an object's members, sorted.
    var names: [String] {
        if case .object(let members) = self { members.keys.sorted() } else { [] }
    }

    /// The elements of an array; of another value none.
    var elements: [JSON] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// The string, or `nil` if the value is no string.
    var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The number, or `nil` if the value is no integer.
    var integer: Int? {
        if case .number(let number) = self { Int(exactly: number) } else { nil }
    }

    /// Encodes a string as JSON, with its quotes.
    static func text(_ string: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // Encoding a string cannot fail.
        return (try? encoder.encode(string)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }
}
