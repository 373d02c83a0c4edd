import SendLogCore
import TestSupport
import Testing

struct PermissionTests {
    @Test(arguments: [
        ("sendLog.read", "sendLog.read"), ("sendLog", "sendLog.read"), ("sendLog", "sendLog.create"),
        ("sendLog", "sendLog"), ("*", "sendLog.read"), ("*", "sendLog"), ("*", "*"), ("a.b", "a.b.c.d"),
    ])
    func `a permission grants itself and its children`(held: String, requested: String) throws {
        #expect(try permission(held).grants(permission(requested)))
    }

    @Test(arguments: [
        ("sendLog.read", "sendLog"), ("sendLog.read", "sendLog.create"), ("sendLog.read", "*"), ("sendLog", "*"),
        ("send", "sendLog"), ("send", "sendLog.read"), ("sendLog.re", "sendLog.read"), ("sendlog", "sendLog.read"),
        ("sendLog.read", "sendLog.readAll"), ("a.b.c", "a.b"),
    ])
    func `a permission grants neither its parent nor its siblings`(held: String, requested: String) throws {
        #expect(try !permission(held).grants(permission(requested)))
    }

    @Test func `one of several permissions is enough`() {
        #expect([Permission.createSendLogs, .readSendLogs].grants(.readSendLogs))
        #expect(![Permission.createSendLogs].grants(.readSendLogs))
        #expect(![Permission]().grants(.readSendLogs))
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "sendLog.*", "**", "a b", "a-b", "a_b", "sendLog.réad", "a\n", " a",
        String(repeating: "a", count: 65),
    ])
    func `a permission that is not a dotted name is refused`(name: String) {
        #expect(Permission(name) == nil)
    }

    @Test func `a name may be 64 characters long`() throws {
        let name = String(repeating: "a", count: 64)
        #expect(try permission(name).description == name)
    }

    private func permission(_ name: String) throws -> Permission {
        try #require(Permission(name))
    }
}

struct KeyTextTests {
    @Test func `a key has a prefix and a fixed length, and is parsed from its text`() throws {
        var random = SplitMix64(defaultSeed: nil)
        for _ in 0..<50 {
            let key = KeyText.random(using: &random)
            #expect(key.text.hasPrefix("slk_"), "\(key.text)")
            #expect(key.text.utf8.count == 42, "\(key.text)")
            #expect(
                key.text.utf8.dropFirst(4).allSatisfy { Character(Unicode.Scalar($0)).isLetterOrDigit },
                "\(key.text)"
            )
            #expect(KeyText(key.text) == key, "\(key.text)")
        }
    }

    @Test func `keys do not repeat`() {
        var random = SplitMix64(defaultSeed: nil)
        let keys = (0..<1000).map { _ in KeyText.random(using: &random).text }
        #expect(Set(keys).count == 1000)
    }

    @Test func `a change of any character is detected`() {
        var random = SplitMix64(defaultSeed: nil)
        let text = KeyText.random(using: &random).text
        let key = Array(text.utf8)
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-. ".utf8)
        for index in key.indices {
            for character in alphabet where character != key[index] {
                var changed = key
                changed[index] = character
                #expect(KeyText(String(decoding: changed, as: UTF8.self)) == nil, "\(text)")
            }
        }
    }

    @Test func `a swap of adjacent characters is detected`() {
        var random = SplitMix64(defaultSeed: nil)
        let text = KeyText.random(using: &random).text
        let key = Array(text.utf8)
        for index in key.indices.dropLast() where key[index] != key[index + 1] {
            var swapped = key
            swapped.swapAt(index, index + 1)
            #expect(KeyText(String(decoding: swapped, as: UTF8.self)) == nil, "\(text)")
        }
    }

    @Test func `a truncated, longer or padded key is refused`() {
        var random = SplitMix64(defaultSeed: nil)
        let key = KeyText.random(using: &random).text
        for length in 0..<key.count {
            #expect(KeyText(String(key.prefix(length))) == nil, "\(key)")
            #expect(KeyText(String(key.suffix(length))) == nil, "\(key)")
        }
        for other in ["\(key) ", " \(key)", "\(key)0", "\(key)\n", key.lowercased(), key.uppercased(), "Bearer \(key)"]
        {
            #expect(KeyText(other) == nil, "\(key)")
        }
    }

    @Test func `characters outside the alphabet are refused, with one byte or more`() {
        var random = SplitMix64(defaultSeed: nil)
        let key = KeyText.random(using: &random).text
        #expect(KeyText("slk_" + key.dropFirst(4).dropLast(2) + "é") == nil, "\(key)")
        #expect(KeyText("slk_é" + key.dropFirst(6)) == nil, "\(key)")
        #expect(KeyText("slk_" + String(repeating: "\u{0}", count: 38)) == nil)
    }

    @Test func `the same random numbers make the same key`() {
        var (left, right) = (SplitMix64(seed: 5), SplitMix64(seed: 5))
        #expect(KeyText.random(using: &left) == KeyText.random(using: &right))
    }
}

struct APIKeyTests {
    @Test func `a key is valid until the moment it expires and until it is revoked`() throws {
        let moments = try (0...3).map { try #require(Timestamp(milliseconds: $0)) }
        #expect(key(expires: nil, revoked: nil).isValid(at: .latest))
        #expect(key(expires: moments[2], revoked: nil).isValid(at: moments[1]))
        #expect(!key(expires: moments[2], revoked: nil).isValid(at: moments[2]))
        #expect(!key(expires: moments[2], revoked: nil).isValid(at: moments[3]))
        // A revoked key is invalid at any time: the clock of the server that revoked it may be wrong.
        #expect(!key(expires: nil, revoked: moments[3]).isValid(at: moments[1]))
    }

    @Test func `a key's id is parsed with or without its prefix`() {
        #expect(APIKeyID("key_17") == APIKeyID(17))
        #expect(APIKeyID("17") == APIKeyID(17))
        #expect(APIKeyID(17).description == "key_17")
    }

    @Test(arguments: [
        "", "key_", "key_0", "key_-1", "-1", "key_1x", "KEY_1", "key_ 1", "+1", "key_+1", "key_9223372036854775808",
    ])
    func `any other text is not an id`(text: String) {
        #expect(APIKeyID(text) == nil)
    }

    private func key(expires: Timestamp?, revoked: Timestamp?) -> APIKey {
        APIKey(
            id: APIKeyID(1),
            organisation: OrganisationID(1),
            name: "",
            permissions: [.all],
            created: .earliest,
            expires: expires,
            revoked: revoked,
            lastUsed: nil
        )
    }
}

struct OrganisationNameTests {
    @Test(arguments: ["Acme", "A", "Ünïcode & \"Söhne\" 😀", "a  b", String(repeating: "é", count: 100)])
    func `a name may have 1 to 100 visible characters`(name: String) {
        #expect(OrganisationName(name)?.description == name)
    }

    @Test(arguments: [
        "", " ", " Acme", "Acme ", "Acme\n", "\u{a0}Acme", "Ac\u{0}me", "Ac\tme", "Ac\u{7f}me", "Ac\u{85}me",
        String(repeating: "x", count: 101),
    ])
    func `empty, long and padded names are refused, and control characters in names`(name: String) {
        #expect(OrganisationName(name) == nil)
    }
}

extension Character {
    fileprivate var isLetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}
