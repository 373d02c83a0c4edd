import SendLogCore
import Testing

/// Texts of clients in error messages.
struct NamingTests {
    @Test(
        arguments: [
            ("plain", "plain"), ("", ""), ("with space", "with space"), ("é 😀 ж", "é 😀 ж"),
            ("a\"b", #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb\r\tc", #"a\nb\r\tc"#),
            ("\u{0}\u{1b}[2J", #"\u0000\u001b[2J"#),
            ("\u{7f}\u{9b}", #"\u007f\u009b"#), ("\u{202e}abc", #"\u202eabc"#), ("a\u{200b}b", #"a\u200bb"#),
            ("a\u{a0}b", #"a\u00a0b"#), ("\u{2028}\u{2029}", #"\u2028\u2029"#), ("\u{feff}", #"\ufeff"#),
            ("\u{e0041}", #"\udb40\udc41"#), ("\r\n", #"\r\n"#),
        ]
    )
    func `quotes, backslashes and invisible characters are escaped`(text: String, shown: String) {
        #expect(Naming.shown(text) == shown)
        #expect(Naming.quoted(text) == "\"\(shown)\"")
    }

    @Test func `a long text is truncated to forty characters, and a name in a path to 64`() {
        func text(_ count: Int) -> String { String(repeating: "é", count: count) }
        #expect(Naming.shown(text(40)) == text(40))
        #expect(Naming.shown(text(41)) == text(40) + "…")
        #expect(Naming.path(text(64)) == text(64))
        #expect(Naming.path(text(65)) == text(64) + "…")
        // A single Character of many scalars is truncated as well.
        #expect(Naming.shown("e" + String(repeating: "\u{301}", count: 1_000_000)).unicodeScalars.count == 41)
    }

    @Test func `the message for an unknown name has the nearest one, or all of them`() {
        #expect(Naming.unknown("limt", known: ["limit", "skip"]) == #"is not a known field; did you mean "limit"?"#)
        #expect(
            Naming.unknown("x", known: ["limit", "skip"], kind: "operator")
                == #"is not a known operator; the known operators are "limit", "skip""#
        )
    }
}
