/// Receives the parts of a JSON text in order, as ``JSONTokenizer`` finds them.
///
/// The bytes of a text are lent for the call only.
public protocol JSONHandler {
    /// How many bytes of the string that now begins are worth keeping; what is longer arrives cut, and marked so.
    var stringLimit: Int { get }

    /// An object opens.
    mutating func beginObject()
    /// An object closes.
    mutating func endObject()
    /// An array opens.
    mutating func beginArray()
    /// An array closes.
    mutating func endArray()
    /// A member's name, before its value.
    mutating func key(_ text: borrowing JSONText)
    /// A string value.
    mutating func string(_ text: borrowing JSONText)
    /// A number, true, false or null.
    mutating func scalar(_ scalar: JSONScalar)
    /// Behind a value in a container: takes whole elements, each with the comma before it, straight from the text.
    ///
    /// - Returns: how many bytes were taken, 0 where the elements are to come one by one.
    mutating func takeElements(_ text: UnsafeBufferPointer<UInt8>) -> Int
}

extension JSONHandler {
    /// Takes none.
    public mutating func takeElements(_ text: UnsafeBufferPointer<UInt8>) -> Int { 0 }
}

/// A decoded string of a JSON text, lent to a ``JSONHandler``.
public struct JSONText: ~Copyable {
    /// The string in valid UTF-8, escapes resolved.
    public let utf8: UnsafeBufferPointer<UInt8>
    /// Whether the string holds printable ASCII alone and nothing that JSON must escape: it can be copied into JSON as it is.
    public let isSimple: Bool
    /// Whether the string was longer than the handler's limit; then `utf8` is not all of it.
    public let isCut: Bool

    /// The text as a string.
    public var string: String { String(decoding: utf8, as: UTF8.self) }
}

/// A JSON value that is neither a string nor a container.
public enum JSONScalar: Equatable, Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number, as it was written.
    case number(JSONNumber)

    /// What the value is called in an error.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        }
    }
}

/// A text that is not JSON.
public struct JSONSyntaxError: Error, Equatable, Sendable {
    /// What is wrong, for people.
    public let message: String
    /// Where, in bytes from the text's beginning.
    public let offset: Int
}
