import Crypto
public import SendLogCore

extension KeyText {
    /// What is stored of the key: SHA-256 of its text, 32 bytes.
    ///
    /// A slow hash is for what people choose; 190 random bits cannot be guessed.
    public var hash: [UInt8] {
        Array(SHA256.hash(data: Array(text.utf8)))
    }
}

/// Compares secrets.
enum ConstantTime {
    /// Whether two values are the same, in a time that does not tell where they differ.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
