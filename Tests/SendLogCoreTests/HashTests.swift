import SendLogHash
import Testing

/// Hashes, compared with published examples.
struct HashTests {
    private func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 matches its published examples`(message: String, hash: String) {
        #expect(text(SHA256.of(Array(message.utf8))) == hash)
    }

    @Test func `SHA-256 of pieces equals that of the whole, and a copy is independent`() {
        var hash = SHA256()
        for _ in 0..<999 { hash.add([UInt8](repeating: UInt8(ascii: "a"), count: 1000)) }
        var copy = hash
        copy.add([1])
        hash.add([UInt8](repeating: UInt8(ascii: "a"), count: 1000))
        #expect(text(hash.value) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        // Reading the value does not end the hash.
        hash.add([])
        #expect(text(hash.value) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        #expect(copy.value != hash.value)
    }

    // From https://www.rfc-editor.org/rfc/rfc4231, except the last, whose key and message are empty.
    @Test(arguments: [
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        ([], "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ])
    func `HMAC matches its published examples`(key: [UInt8], message: String, code: String) {
        #expect(text(SHA256.authenticationCode(of: Array(message.utf8), key: key)) == code)
    }
}
