internal import CCrypto

/// An incremental SHA-256, computed by the system's libcrypto (<https://csrc.nist.gov/pubs/fips/180-4/upd1/final>).
package struct SHA256 {
    /// A hash as four words in the order of its bytes.
    package typealias Words = (UInt64, UInt64, UInt64, UInt64)

    private var state = SHA256_CTX()

    /// Creates a hash of no bytes.
    package init() {
        SHA256_Init(&state)
    }

    /// Adds the next bytes to the hash.
    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&state, bytes.baseAddress, bytes.count)
    }

    /// Adds the next bytes to the hash.
    package mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { add($0) }
    }

    /// The hash of all bytes so far, as words; more bytes may follow.
    package var words: Words {
        var state = state
        var words: Words = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { words in
            _ = SHA256_Final(words.baseAddress?.assumingMemoryBound(to: UInt8.self), &state)
        }
        return words
    }

    /// The hash of all bytes so far, 32 bytes.
    package var value: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    /// Returns the hash of some bytes, 32 bytes.
    package static func of(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.add(bytes)
        return hash.value
    }

    /// Returns the message authentication code HMAC-SHA-256 of some bytes, 32 bytes
    /// (<https://www.rfc-editor.org/rfc/rfc2104>).
    package static func authenticationCode(of bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { code, count in
            let made = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, code.baseAddress, nil)
            precondition(made != nil, "HMAC failed: out of memory")
            count = 32
        }
    }
}
