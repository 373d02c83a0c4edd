public import SendLogCore
import SendLogHash

extension KeyText {
    /// The stored hash of the key: SHA-256 of its text, 32 bytes.
    ///
    /// Slow hashes are for passwords that people choose; a key's 190 random bits cannot be guessed.
    public var hash: [UInt8] {
        SHA256.of(Array(text.utf8))
    }
}

/// The hash of a key that a client sent, in a form that is fast to look up.
struct KeyHash: Hashable {
    private let words: SHA256.Words

    init(of token: Substring) {
        var token = token
        words = token.withUTF8 { token in
            var hash = SHA256()
            hash.add(UnsafeRawBufferPointer(token))
            return hash.words
        }
    }

    /// The hash, 32 bytes.
    var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    static func == (left: KeyHash, right: KeyHash) -> Bool { left.words == right.words }

    /// Hashes the first word only: the words of a SHA-256 hash are as good as random.
    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// Comparison of secrets.
package enum ConstantTime {
    /// Returns whether two values are equal, in a time that does not depend on where they differ.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
