public import SendLogCore
import SendLogHash

extension KeyText {
    /// What is stored of the key: SHA-256 of its text, 32 bytes.
    ///
    /// A slow hash is for what people choose; 190 random bits cannot be guessed.
    public var hash: [UInt8] {
        SHA256.of(Array(text.utf8))
    }
}

/// The hash of what a client sent as its key, in a form that is quick to look up.
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

    /// A hash is as good as random: a part of it will do.
    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// Compares secrets.
package enum ConstantTime {
    /// Whether two values are the same, in a time that does not tell where they differ.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
