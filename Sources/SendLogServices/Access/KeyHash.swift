import SendLogHash

/// The SHA-256 of an API key that a client sent; ``Authenticator`` looks it up in its cache, then in the store.
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
