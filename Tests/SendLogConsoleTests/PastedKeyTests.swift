import Testing

@testable import SendLogConsole

/// What people paste in place of an API key.
struct PastedKeyTests {
    private static let key = "slk_0123456789abcdefABCDEF0123456789Zz0aB1"

    @Test(
        arguments: [
            "KEY", " KEY ", "\tKEY\r\n", "slk_0123456789abcdef\nABCDEF0123456789Zz0aB1",
            "slk_ 0123456789 abcdefABCDEF 0123456789Zz0aB1", "Bearer KEY", "bearer KEY", "BEARER  KEY",
            "Authorization: Bearer KEY", "authorization:Bearer KEY", "Authorization : Bearer\u{a0}KEY",
            "X-Api-Key: KEY", "\"KEY\"", "'KEY'", "`KEY`", "“KEY”", "„KEY“", "‘KEY’", "«KEY»", "\"Bearer KEY\"",
            "'Authorization: Bearer KEY'", "\"Authorization\": \"Bearer KEY\"", "Authorization: Bearer “KEY”",
            "\u{feff}KEY", "KEY\u{200b}", "\u{a0}KEY\u{a0}", "slk_\u{200b}0123456789abcdefABCDEF0123456789Zz0aB1",
            "slk_0123\u{ad}456789abcdefABCDEF01\u{2060}23456789Zz0aB1", "\u{202a}KEY\u{202c}", "KEY\u{2028}\u{3000}",
            "slk_0123456789abcdefABCDEF0123456789Zz0aB1\u{fe0f}", "\u{0}KEY",
        ]
    )
    func `what surrounds a key is removed`(pasted: String) {
        #expect(PastedKey.key(in: pasted.replacing("KEY", with: Self.key)) == Self.key)
    }

    @Test(arguments: [" ", "\u{200b}\n", "\"\"", "Bearer ", "Authorization: Bearer", "“”"])
    func `nothing is left of a text without a key`(pasted: String) {
        #expect(PastedKey.key(in: pasted) == "")
    }

    @Test(
        arguments: [
            ("slk_short", "slk_short"), ("bearer bearer a", "bearera"), ("key KEY", "keyKEY"), ("KEY, KEY", "KEY,KEY"),
            ("Basic KEY", "BasicKEY"), ("slk_é", "slk_é"),
        ]
    )
    func `other text stays, so that it is refused as a key`(pasted: String, rest: String) {
        #expect(PastedKey.key(in: pasted) == rest)
    }
}
