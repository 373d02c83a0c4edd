/// The ID of a key: a number, written `key_17` for people.
public struct APIKeyID: Hashable, Sendable, CustomStringConvertible {
    /// The number, from 1.
    public let number: Int64

    /// Creates an ID from its number.
    public init(_ number: Int64) {
        self.number = number
    }

    /// Parses `key_17`, or the number alone; `nil` for any other text.
    public init?(_ text: String) {
        let digits = text.hasPrefix("key_") ? String(text.dropFirst(4)) : text
        guard !digits.hasPrefix("+"), let number = Int64(digits), number > 0 else { return nil }
        self.number = number
    }

    /// The ID as people write it, such as `key_17`.
    public var description: String { "key_\(number)" }
}
