import SendLogCore
import TestSupport
import Testing

/// The normal form of a recipient; `RecipientCase` has the table.
struct RecipientKeyTests {
    @Test(arguments: RecipientCase.all)
    func `a destination has its normal form`(example: RecipientCase) throws {
        let code = example.code.isEmpty ? nil : try #require(CallingCode(example.code))
        let key = RecipientKey(example.written, callingCode: code)
        // Strings are equal in any composition; the bytes of a key are not.
        #expect(Array(key.text.utf8) == Array(example.key.utf8), "\(example.reason)")
        #expect(key.description == key.text)
        #expect(RecipientKey(key.text, callingCode: code) == key, "the key of a key is another one")
        #expect(RecipientKey(Substring(example.written), callingCode: code) == key)
        var written = example.written
        #expect(written.withUTF8 { RecipientKey(utf8: $0, callingCode: code) } == key)
    }

    @Test func `the table has at least a hundred cases, each once`() {
        #expect(RecipientCase.all.count >= 100)
        // In bytes: as strings, decomposed and composed texts are equal.
        #expect(Set(RecipientCase.all.map { Array("\($0.code) \($0.written)".utf8) }).count == RecipientCase.all.count)
    }

    @Test(arguments: ["1", "7", "27", "264", "999"])
    func `a calling code has 1 to 3 digits`(code: String) {
        #expect(CallingCode(code)?.description == code)
    }

    @Test(arguments: ["", "0", "027", "2712", "+27", "27 ", "a", "2a", "\u{662}\u{667}", "2\u{301}"])
    func `a calling code that is no number is refused`(code: String) {
        #expect(CallingCode(code) == nil)
    }

    @Test func `a person may write a plus sign before a calling code`() {
        for text in ["27", "+27"] { #expect(CallingCode(entered: text)?.description == "27") }
        for text in ["", "+", "++27", "27+", "+027", " 27", "+2712"] { #expect(CallingCode(entered: text) == nil) }
    }

    @Test(arguments: [
        ("27821234567", true, true), ("+27 82 123-4567", true, true), ("0821234567", true, true),
        ("tel:+27821234567", true, true), ("12345", true, false), ("1234567890123456", true, false),
        ("jo@example.com", true, false), ("mailto:Jo@example.com", true, false), ("@jo", false, false),
        ("27821234567,1", false, false), ("summer-2026", false, false),
    ])
    func `numbers and e-mail addresses have notations, and short codes are no telephone numbers`(
        text: String,
        hasNotations: Bool,
        isTelephoneNumber: Bool
    ) {
        #expect(RecipientKey(text).hasNotations == hasNotations)
        #expect(RecipientKey.isTelephoneNumber(text) == isTelephoneNumber)
    }

    @Test func `random texts have a key, and the key of the key is the same`() {
        var random = SplitMix64(seed: 2782)
        let parts = [
            "0", "00", "2", "7", "27", "8", "82", "123456", "4567", "+", "(", ")", "(0)", "[", "]", "<", ">", "@",
            ";", "?", "%", "%2B", "tel:", "sms:", "mailto:", " ", "-", "/", ".", "\u{a0}", "\u{202a}", "\u{feff}",
            "\u{301}", "\u{338}", "\u{660}", "a", "A", "\u{c9}", "\u{130}", "\u{212a}", "\u{1f1ff}", "\u{0}", "\\",
            "\"",
        ]
        let codes = [nil, CallingCode("27"), CallingCode("39"), CallingCode("36"), CallingCode("1"), CallingCode("81")]
        for _ in 0..<20_000 {
            var written = ""
            for _ in 0..<Int.random(in: 0...8, using: &random) { written += parts.randomElement(using: &random) ?? "" }
            let code = codes.randomElement(using: &random) ?? nil
            let key = RecipientKey(written, callingCode: code)
            #expect(RecipientKey(key.text, callingCode: code) == key, "\(written.debugDescription) \(key)")
        }
    }
}
