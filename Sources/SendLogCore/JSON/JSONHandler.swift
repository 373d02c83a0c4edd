/// A receiver of the tokens of a JSON text, in order, as ``JSONTokenizer`` finds them.
///
/// The bytes of a ``JSONText`` are valid only during the call.
public protocol JSONHandler {
    /// The number of bytes to keep of the string that begins now; a longer string is truncated, and marked so.
    var stringLimit: Int { get }

    /// Handles the beginning of an object.
    mutating func beginObject()
    /// Handles the end of an object.
    mutating func endObject()
    /// Handles the beginning of an array.
    mutating func beginArray()
    /// Handles the end of an array.
    mutating func endArray()
    /// Handles a member's name, before its value.
    mutating func key(_ text: borrowing JSONText)
    /// Handles a string value.
    mutating func string(_ text: borrowing JSONText)
    /// Handles a number, true, false or null.
    mutating func scalar(_ scalar: JSONScalar)
    /// Consumes whole elements after a value in a container, each with the comma before it.
    ///
    /// - Returns: the number of bytes consumed; 0 if the elements should come one by one.
    mutating func takeElements(_ text: UnsafeBufferPointer<UInt8>) -> Int
}

extension JSONHandler {
    /// Consumes nothing.
    public mutating func takeElements(_ text: UnsafeBufferPointer<UInt8>) -> Int { 0 }
}

/// A decoded string of a JSON text, valid only during the call of a ``JSONHandler``.
public struct JSONText: ~Copyable {
    /// The string in valid UTF-8, with escapes resolved.
    public let utf8: UnsafeBufferPointer<UInt8>
    /// Whether the string is printable ASCII that JSON does not escape, so that it can be copied into JSON unchanged.
    public let isSimple: Bool
    /// Whether the string is longer than the handler's limit; then `utf8` is only its beginning.
    public let isTruncated: Bool

    /// The text as a string.
    public var string: String { String(decoding: utf8, as: UTF8.self) }
}

/// A JSON value that is neither a string nor a container.
public enum JSONScalar: Equatable, Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number, as written in the text.
    case number(JSONNumber)

    /// The name of the value's kind, for error messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        }
    }
}

/// A syntax error in a JSON text.
public struct JSONSyntaxError: Error, Equatable, Sendable {
    /// The problem, for people.
    public let message: String
    /// The byte offset from the beginning of the text.
    public let offset: Int
    /// Whether an object begins where the text should end.
    let isSecondObject: Bool

    /// What to do about the error in a line of an import, if it is likely.
    private var lineHint: String? {
        let advice = "with curl, use --data-binary, because -d removes line breaks"
        return isSecondObject ? "two send logs on one line; \(advice)" : nil
    }

    /// Returns what is wrong with the text, such as `is not valid JSON: the text ends too early, at byte 8`.
    ///
    /// - Parameters:
    ///   - head: the first bytes of the text, for a hint at its format; see ``TextFormat``
    ///   - expected: what the text should be
    /// - Returns: the predicate of a sentence about the text.
    public func explanation(head: [UInt8], expected: TextFormat.Expected = .json) -> String {
        let problem = "\(message), at byte \(offset)"
        let format = TextFormat(head: head, expected: expected)
        let hint = format.map { "this is \($0.name); \($0.advice)" } ?? (expected == .line ? lineHint : nil)
        return "is not valid JSON: \(hint.map { "\($0) (\(problem))" } ?? problem)"
    }
}
