internal import CCrypto

/// SHA-256 of what comes in pieces, by the system's libcrypto (<https://csrc.nist.gov/pubs/fips/180-4/upd1/final>).
///
/// A value like any other: a copy goes on by itself.
package struct SHA256 {
    /// What a hash is, as four words in the order of its bytes.
    package typealias Words = (UInt64, UInt64, UInt64, UInt64)

    private var state = SHA256_CTX()

    /// Starts with nothing.
    package init() {
        SHA256_Init(&state)
    }

    /// Adds the next piece.
    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&state, bytes.baseAddress, bytes.count)
    }

    /// Adds the next piece.
    package mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { add($0) }
    }

    /// The hash of all pieces so far, after which more may come.
    package var words: Words {
        var state = state
        var words: Words = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { words in
            _ = SHA256_Final(words.baseAddress?.assumingMemoryBound(to: UInt8.self), &state)
        }
        return words
    }

    /// The hash of all pieces so far, 32 bytes.
    package var value: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    /// The hash of some bytes, 32 bytes.
    package static func of(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.add(bytes)
        return hash.value
    }

    /// The code that tells who knows a key that some bytes are its owner's: HMAC-SHA-256
    /// (<https://www.rfc-editor.org/rfc/rfc2104>), 32 bytes.
    package static func authenticationCode(of bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { code, count in
            let made = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, code.baseAddress, nil)
            // It fails for want of memory alone.
            precondition(made != nil, "libcrypto made no code")
            count = 32
        }
    }
}
