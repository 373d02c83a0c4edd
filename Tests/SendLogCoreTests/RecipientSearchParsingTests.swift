import SendLogCore
import TestSupport
import Testing

/// The rules of `find.destination` in `POST /send-logs/search`.
struct RecipientSearchParsingTests {
    @Test func `recipients are an array or one text in any notation, without repetitions, in the given order`() throws {
        func forms(_ text: String, _ code: String? = nil) throws -> (parsed: [String]?, searched: String) {
            let search = try search(#"{"find":{"destination":\#(text)}}"#, code)
            var searched: [UInt8] = []
            search.writeSearched(to: &searched)
            return (search.recipients?.map(\.key.text), String(decoding: searched, as: UTF8.self))
        }
        #expect(try forms(#""+27 82 123 4567""#, "27") == (["27821234567"], #"["27821234567"]"#))
        #expect(try forms(#"["0821234567","27821234567"]"#, "27") == (["27821234567"], #"["27821234567"]"#))
        #expect(try forms(#"["12345","082 123 4567"]"#).parsed == ["12345", "0821234567"])
        #expect(try forms(#""082 123 4567""#) == (["0821234567"], #"["0821234567","…821234567"]"#))
        // A form is listed once, also if it belongs to two recipients.
        let both = try forms(#"["0821234567","27821234567"]"#)
        #expect(both.parsed == ["0821234567", "27821234567"])
        let begin = #"["0821234567","…821234567","27821234567","021234567","#
        #expect(both.searched.hasPrefix(begin), "\(both.searched)")
        #expect(try forms(#"["Jo@Example.com","mailto:jo@example.com","?!"]"#).parsed == ["jo@example.com", "?!"])
        #expect(try forms("[]") == ([], "[]"))
        let hundred = (0..<100).map { "\"\(27_820_000_000 + $0)\"" }.joined(separator: ",")
        #expect(try forms("[\(hundred)]").parsed?.count == 100)
        #expect(
            issues(#"{"find":{"destination":[\#(hundred),"x"]}}"#)
                == [InputIssue(path: "find.destination", message: "must have at most 100 destinations; it has 101")]
        )
    }

    @Test func `a recipient is as long as a destination can be`() throws {
        let longest = String(repeating: "é", count: 320)
        #expect(try search(#"{"find":{"destination":"\#(longest)"}}"#).recipients?.map(\.key.text) == [longest])
        let rule = "must be at most 320 characters long"
        let found = issues(#"{"find":{"destination":["\#(longest)x"]}}"#)
        #expect(found == [InputIssue(path: "find.destination[0]", message: rule)])
        // The normal form of U+0958 has two characters.
        let growing = String(repeating: "\u{958}", count: 161)
        let other = issues(#"{"find":{"destination":"\#(growing)"}}"#)
        #expect(other == [InputIssue(path: "find.destination", message: "\(rule) in its normal form")])
    }

    @Test(arguments: [
        ("27821234567", "find.destination", "must be an array of destinations, not a number"),
        ("{}", "find.destination", "must be an array of destinations, not an object"),
        (#"["1",2]"#, "find.destination[1]", "must be a string, not a number"),
        (#"["1","2","3",null]"#, "find.destination[3]", "must be a string, not null"),
        (#""""#, "find.destination", "must not be empty"),
        (#"["a\tb"]"#, "find.destination[0]", "must not contain control characters"),
        (#"["1"," \u200e"]"#, "find.destination[1]", RecipientKey.emptyRule),
        (#""tel:""#, "find.destination", RecipientKey.emptyRule),
        (#""tel:a%00b""#, "find.destination", "must not contain control characters in its normal form"),
    ])
    func `an invalid recipient is refused with its path`(value: String, path: String, message: String) {
        #expect(issues(#"{"find":{"destination":\#(value)}}"#) == [InputIssue(path: path, message: message)])
    }

    private func search(_ text: String, _ callingCode: String? = nil) throws -> SendLogSearch {
        try SendLogSearch(body: JSONValue(text: text), callingCode: callingCode.flatMap { CallingCode($0) })
    }

    private func issues(_ text: String) -> [InputIssue] {
        do {
            _ = try search(text)
            return []
        } catch {
            return (error as? InvalidInput)?.issues ?? [InputIssue(path: "", message: "\(error)")]
        }
    }
}
