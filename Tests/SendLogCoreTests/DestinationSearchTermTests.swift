import SendLogCore
import Testing

@Suite struct DestinationSearchTermTests {
    private func match(
        _ text: String,
        _ destination: String,
        _ code: CallingCode? = nil
    ) -> DestinationSearchTerm.Match? {
        var json: [UInt8] = []
        json.appendJSON(destination)
        return json[1..<json.count - 1].withUnsafeBufferPointer {
            DestinationSearchTerm(text, callingCode: code).match($0)
        }
    }

    @Test(arguments: [
        ("+27 (82) 123-4567", "27821234567"), ("00 27 82 1234567", "+27 82 123 4567"),
        ("+27 (0)82 123 4567", "27821234567"), ("+27\u{a0}82\u{a0}123\u{a0}4567", "27821234567"),
        ("27\u{2013}82\u{2013}1234567", "27821234567"), ("27\u{2011}82\u{2011}1234567", "27821234567"),
        ("tel:+27821234567", "27821234567"), ("\u{202a}+27821234567\u{202c}", "27821234567"),
        ("27/82/1234567", "27821234567"), ("27841234567", "+27 (0)84 123 4567"),
        ("+27 84 123 4567", "27\u{a0}84\u{2011}123\u{2011}4567"), ("27841234567", "tel:+27-84-123-4567"),
        ("\u{662}\u{667}821234567", "27821234567"), ("jo@example.com", "Jo@Example.COM"),
        ("JO@EXAMPLE.COM", "jo@example.com"), ("mailto:jo@example.com", "jo@example.com"),
        ("e\u{301}va@example.com", "\u{c9}VA@example.com"), ("a\"b", "a\"b"),
    ])
    func `a whole recipient is found in any notation`(text: String, destination: String) {
        #expect(match(text, destination) == .recipient)
        #expect(match(destination, text) == .recipient)
    }

    @Test(arguments: [
        ("+27 83 123 4567", "0831234567"), ("0821234567", "27821234567"), ("082 123 4567", "+27 82 123 4567"),
        ("821234567", "082/1234567"),
    ])
    func `a number without a calling code is found, and doubtful`(text: String, destination: String) {
        #expect(match(text, destination) == .doubtful)
        #expect(match(destination, text) == .doubtful)
    }

    @Test func `a number is not doubtful with a calling code`() throws {
        let code = try #require(CallingCode("27"))
        #expect(match("+27 83 123 4567", "0831234567", code) == .recipient)
        #expect(match("+49 83 123 4567", "0831234567", code) == nil)
    }

    @Test(arguments: [
        ("1234", "27821234567"), ("12", "27821234567"), ("+27 82 1", "27821234567"), ("082 1", "27821234567"),
        ("0027 82", "27821234567"), ("2784", "+27 (0)84 123 4567"), ("082 123", "+27 82-123-4567"),
        ("2712", "27\u{a0}12\u{2011}345"), ("\u{661}\u{662}\u{663}\u{664}", "27821234567"),
        ("e\u{301}", "caf\u{e9}"), ("é", "cafe\u{301}"),
        ("\"", "a\"b"), ("y\\z", "x\"y\\z"), ("@EXAMPLE", "jo@example.com"), ("smith", "Jo Smith"),
        ("083 123 4567", "0821234567/0831234567"), ("123", "a1b2c3"), ("27821234567", "278212345678"),
        ("27821234567", "2782123456727831234567"), ("<b>", "a<b>c"),
    ])
    func `a part of a destination is found`(text: String, destination: String) {
        #expect(match(text, destination) == .part)
    }

    @Test(arguments: [
        ("a", "27821234567"), ("000", "27821234567"), ("b@c", "a@b.c"), (".", "27821234567"), ("3", "27821245"),
        ("+27 83 123 4567", "27821234567"), ("0831234567", "0821234567"), ("", "27821234567"), ("\u{200b}", "a"),
        ("8 2", "27821234567"), ("278212345678", "27821234567"), ("*120#", "27120"), ("é", "e"),
    ])
    func `another destination is not found`(text: String, destination: String) {
        #expect(match(text, destination) == nil)
    }

    @Test(arguments: [
        ("27821234567", ["27821234567"]), ("+27 82", ["+27 82", "2782"]), ("082 123", ["082 123", "82123"]),
        ("tel:+2782", ["+2782", "2782"]), ("jo@", ["jo@"]), (" 12 ", ["12"]), ("0", ["0"]),
    ])
    func `the parts that are searched are the text and its digits`(text: String, parts: [String]) {
        #expect(DestinationSearchTerm(text).parts == parts)
    }
}
