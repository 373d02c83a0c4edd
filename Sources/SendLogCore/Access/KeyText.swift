/// The text of an API key: `slk_`, 32 random letters and digits (190 bits), and 6 more that check them.
///
/// The prefix makes a leaked key recognisable to scanners; the checksum tells a mistyped or cut key from an unknown one without
/// asking the database.
public struct KeyText: Sendable, Equatable {
    /// The whole key.
    ///
    /// Show it once and keep it nowhere.
    public let text: String

    /// What every key begins with.
    public static let prefix = "slk_"
    private static let randomLength = 32
    private static let checkLength = 6
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// Makes a new key from the system's secure random numbers.
    public static func random() -> KeyText {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// Makes a new key from `generator`, which must be a secure one.
    public static func random(using generator: inout some RandomNumberGenerator) -> KeyText {
        let letters = (0..<randomLength).map { _ in alphabet[Int.random(in: 0..<62, using: &generator)] }
        let body = prefix + String(decoding: letters, as: UTF8.self)
        return KeyText(unchecked: body + checksum(of: body))
    }

    private init(unchecked text: String) {
        self.text = text
    }

    /// Takes what a client sent as a key.
    ///
    /// - Returns: `nil` where it cannot be one: another prefix, length or alphabet, or a wrong checksum.
    public init?(_ text: String) {
        let length = Self.prefix.utf8.count + Self.randomLength + Self.checkLength
        guard text.utf8.count == length, text.hasPrefix(Self.prefix),
            text.utf8.dropFirst(Self.prefix.utf8.count).allSatisfy(Self.alphabet.contains),
            text.hasSuffix(Self.checksum(of: String(text.prefix(length - Self.checkLength))))
        else { return nil }
        self.text = text
    }

    /// CRC-32 in base 62, most significant digit first.
    private static func checksum(of body: String) -> String {
        var crc: UInt32 = .max
        for byte in body.utf8 {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        var (rest, digits): (UInt32, [UInt8]) = (~crc, [])
        for _ in 0..<checkLength {
            digits.append(alphabet[Int(rest % 62)])
            rest /= 62
        }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }
}
