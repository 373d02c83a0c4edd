/// The value of an `Idempotency-Key` header: 1 to 255 printable ASCII characters.
///
/// Keys are compared character for character. The quotes of a string as in
/// <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/> are part of the key.
public struct IdempotencyKey: Hashable, Sendable {
    /// The key as given.
    public let text: String

    /// The error message for an invalid key.
    public static let rule = "must be 1 to 255 printable ASCII characters"

    /// How long a key is valid, in milliseconds.
    public static let lifetime = Day.milliseconds

    /// Creates a key from the value of the header without surrounding white space; `nil` if it breaks ``rule``.
    public init?(_ text: String) {
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            return nil
        }
        self.text = text
    }
}
