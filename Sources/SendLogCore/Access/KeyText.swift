/// The text of an API key: `slk_`, 32 random letters and digits (190 bits), and a checksum of 6 characters.
///
/// Secret scanners recognise a leaked key by the prefix. The checksum refuses a mistyped key without a database query.
public struct KeyText: Sendable, Equatable {
    /// The whole key, to be shown once and stored nowhere.
    public let text: String

    /// The prefix of every key.
    public static let prefix = "slk_"
    private static let randomLength = 32
    private static let checksumLength = 6
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// Creates a key with the system's secure random number generator.
    public static func random() -> KeyText {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// Creates a key with `generator`, which must be cryptographically secure.
    public static func random(using generator: inout some RandomNumberGenerator) -> KeyText {
        let letters = (0..<randomLength).map { _ in alphabet[Int.random(in: 0..<62, using: &generator)] }
        let body = prefix + String(decoding: letters, as: UTF8.self)
        return KeyText(unchecked: body + checksum(of: body))
    }

    private init(unchecked text: String) {
        self.text = text
    }

    /// Parses the text of a key from a client; `nil` if the prefix, length, alphabet or checksum is wrong.
    public init?(_ text: String) {
        let length = Self.prefix.utf8.count + Self.randomLength + Self.checksumLength
        guard text.utf8.count == length, text.hasPrefix(Self.prefix),
            text.utf8.dropFirst(Self.prefix.utf8.count).allSatisfy(Self.alphabet.contains),
            text.hasSuffix(Self.checksum(of: String(text.prefix(length - Self.checksumLength))))
        else { return nil }
        self.text = text
    }

    /// Returns the CRC-32 in base 62, most significant digit first.
    private static func checksum(of body: String) -> String {
        var crc: UInt32 = .max
        for byte in body.utf8 {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        var (rest, digits): (UInt32, [UInt8]) = (~crc, [])
        for _ in 0..<checksumLength {
            digits.append(alphabet[Int(rest % 62)])
            rest /= 62
        }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }
}
