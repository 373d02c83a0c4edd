import SendLogCore
import Testing

/// A search for a recipient, exact and doubtful.
struct RecipientQueryTests {
    @Test(arguments: [
        "27821234567", "+27 82 123 4567", "0027821234567", "+27 (0)82 123 4567", "tel:+27-82-123-4567",
    ])
    func `any notation of an international number is the same recipient`(notation: String) {
        #expect(RecipientQuery(notation).matches(RecipientKey("27 82 123 4567")) == .exact)
        #expect(RecipientQuery("27 82 123 4567").matches(RecipientKey(notation)) == .exact)
    }

    private static let pairs: [(String, String, RecipientQuery.Match)] = [
        ("0821234567", "27821234567", .doubtful), ("082 123 4567", "+49 82 123 4567", .doubtful),
        ("0821234567", "821234567", .doubtful), ("0821234567", "0821234567", .exact),
        ("0821234567", "27831234567", .none), ("012345678", "2712345678", .doubtful), ("01234567", "271234567", .none),
        ("00821234567", "27821234567", .none), ("0821234567", "00821234567", .doubtful),
        ("0821234567", "27821234567@example.com", .none), ("0821234567", "9999999821234567", .none),
        ("02345678901234", "12345678901234", .doubtful), ("02345678901234", "9912345678901234", .none),
        ("01234567890123", "991234567890123", .doubtful), ("012345678901234", "12345678901234", .doubtful),
        ("0123456789012345", "123456789012345", .none), ("12345", "012345", .none), ("0", "0", .exact),
        ("jo@example.com", "JO@example.com", .exact), ("", "27821234567", .none), ("", " ", .exact),
    ]

    @Test(arguments: pairs)
    func `a number with a leading 0 matches international numbers that end in its digits`(
        left: String,
        right: String,
        match: RecipientQuery.Match
    ) {
        #expect(RecipientQuery(left).matches(RecipientKey(right)) == match)
        #expect(RecipientQuery(right).matches(RecipientKey(left)) == match)
    }

    @Test func `with a calling code, nothing is doubtful`() throws {
        let code = try #require(CallingCode("27"))
        let query = RecipientQuery("082 123 4567", callingCode: code)
        #expect(query.key.text == "27821234567")
        #expect(query.searched == ["27821234567"])
        #expect(query.matches(RecipientKey("0821234567", callingCode: code)) == .exact)
        #expect(query.matches(RecipientKey("+49 82 123 4567", callingCode: code)) == .none)
    }

    @Test(arguments: [
        ("+27 82 123 4567", ["27821234567", "0821234567", "021234567", "07821234567", "027821234567"]),
        ("082 123 4567", ["0821234567", "…821234567"]), ("12345678", ["12345678", "012345678"]),
        ("1234567", ["1234567"]), ("01234567", ["01234567"]), ("00000000000", ["00000000000"]),
        ("12001234567", ["12001234567", "02001234567", "012001234567"]), ("Jo@example.com", ["jo@example.com"]),
        ("*120#", ["*120#"]), ("2782123456727831234567", ["2782123456727831234567"]), ("", [""]),
    ])
    func `the forms that are searched have the likeliest first`(recipient: String, searched: [String]) {
        #expect(RecipientQuery(recipient).searched == searched)
    }

    @Test(arguments: ["27821234567", "491701234567", "12025550123", "264811234567", "123456789012345"])
    func `each form that is searched matches`(recipient: String) {
        let query = RecipientQuery(recipient)
        for form in query.searched { #expect(query.matches(RecipientKey(form)) != .none, "\(form)") }
        for length in 1...recipient.count {
            let national = "0\(recipient.suffix(length))"
            let matches = query.matches(RecipientKey(national)) != .none
            #expect(matches == query.searched.contains(national), "\(national)")
        }
    }
}
