public import SendLogCore
import SendLogHash

/// Computes the hash by which the store finds an API key.
extension KeyText {
    /// The hash that is stored instead of the key: SHA-256 of its text, 32 bytes.
    ///
    /// Slow hashes are for passwords that people choose; a key's 190 random bits cannot be guessed.
    public var hash: [UInt8] {
        SHA256.of(Array(text.utf8))
    }
}
