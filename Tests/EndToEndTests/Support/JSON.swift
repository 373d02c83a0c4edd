import Foundation

/// A JSON value, for looking into answers.
///
/// Where the order of fields matters, compare bytes.
enum JSON: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Reads JSON.
    ///
    /// - Throws: where it is none.
    init(parsing bytes: some Sequence<UInt8>) throws {
        self.init(try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed))
    }

    /// Takes what Foundation read.
    ///
    /// A decoder would try kind after kind, and for each wrong one the testing library notes a backtrace.
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

    /// A member, `null` where there is none.
    subscript(name: String) -> JSON {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    /// An element, `null` where there is none.
    subscript(index: Int) -> JSON {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { .null }
    }

    /// The names of an object's members, sorted.
    var names: [String] {
        if case .object(let members) = self { members.keys.sorted() } else { [] }
    }

    /// The elements of an array.
    var elements: [JSON] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// The string.
    var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The number, where it is a whole one.
    var integer: Int? {
        if case .number(let number) = self { Int(exactly: number) } else { nil }
    }

    /// A text as it stands in JSON, in quotes.
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
