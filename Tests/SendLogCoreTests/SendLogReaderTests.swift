import SendLogContent
import SendLogCore
import Testing

/// Each rule of `POST /send-logs`, and the issue for input that breaks it.
struct SendLogReaderTests {
    @Test func `a complete send log is read`() throws {
        let (draft, destinations) = try read(
            """
            {"_id":"5f5a1d8d2e0e4c6c8c0c0c0c","campaign_id":"spring","message":"Hi {{name}}\\n\\ud83d\\ude00",
             "triggeredBy":"manual","startDeliveryAt":"2022-01-01T02:00:00.5+02:00",
             "destinations":["27821234567","a@b.c"]}
            """
        )
        #expect(draft.id == SendLogID("5f5a1d8d2e0e4c6c8c0c0c0c"))
        #expect(draft.campaignID == CampaignID("spring"))
        #expect(draft.message == Array("Hi {{name}}\n😀".utf8))
        #expect(draft.triggeredBy == Array("manual".utf8))
        #expect(draft.start?.description == "2022-01-01T00:00:00.500Z")
        #expect(destinations == ["27821234567", "a@b.c"])
    }

    @Test func `id and start may be missing or null, and fields may have any order`() throws {
        for text in [
            #"{"destinations":[],"triggeredBy":"m","message":"","campaign_id":"c"}"#,
            #"{"_id":null,"campaign_id":"c","startDeliveryAt":null,"message":"","destinations":[],"triggeredBy":"m"}"#,
        ] {
            let (draft, destinations) = try read(text)
            #expect(draft.id == nil)
            #expect(draft.start == nil)
            #expect(draft.message == [])
            #expect(destinations == [])
        }
    }

    @Test(arguments: [
        ("_id", #""""#, "must be 1 to 64 characters of A-Z a-z 0-9 _ -"),
        ("_id", #""a/b""#, "must be 1 to 64 characters of A-Z a-z 0-9 _ -"),
        ("_id", #""é""#, "must be 1 to 64 characters of A-Z a-z 0-9 _ -"),
        ("_id", "\"\(String(repeating: "x", count: 65))\"", "must be 1 to 64 characters of A-Z a-z 0-9 _ -"),
        ("_id", "\"\(String(repeating: "x", count: 10_000))\"", "must be 1 to 64 characters of A-Z a-z 0-9 _ -"),
        ("_id", "1", "must be a string, not a number"),
        ("_id", "true", "must be a string, not a boolean"),
        ("_id", "[]", "must be a string, not an array"),
        ("_id", "{}", "must be a string, not an object"),
        ("campaign_id", #""a b""#, "must be 1 to 64 characters of A-Z a-z 0-9 _ -"),
        ("campaign_id", "null", "must be a string, not null"),
        ("campaign_id", #"["a"]"#, "must be a string, not an array"),
        ("message", "null", "must be a string, not null"),
        ("message", "5", "must be a string, not a number"),
        ("triggeredBy", #""""#, "must be 1 to 64 characters long"),
        ("triggeredBy", "\"\(String(repeating: "é", count: 65))\"", "must be 1 to 64 characters long"),
        ("triggeredBy", "\"\(String(repeating: "x", count: 300))\"", "must be 1 to 64 characters long"),
        ("triggeredBy", "{}", "must be a string, not an object"),
        ("startDeliveryAt", #""yesterday""#, Timestamp.rule),
        ("startDeliveryAt", #""""#, Timestamp.rule),
        ("startDeliveryAt", #""2022-02-30""#, Timestamp.fault(of: "2022-02-30")),
        ("startDeliveryAt", #""2022-01-31 23:59:59""#, Timestamp.fault(of: "2022-01-31 23:59:59")),
        ("startDeliveryAt", "1641038400000", "must be a date-time in a string, not a number"),
        ("destinations", "null", "must be an array of strings, not null"),
        ("destinations", "2", "must be an array of strings, not a number"),
        ("destinations", "true", "must be an array of strings, not a boolean"),
        ("destinations", #""27821234567""#, "must be an array of strings, not a string"),
        ("destinations", "{}", "must be an array of strings, not an object"),
    ])
    func `an invalid field is reported by name`(field: String, value: String, message: String) {
        #expect(issues(changing: field, to: value) == [InputIssue(path: field, message: message)])
    }

    @Test func `a line of an import that has a number of destinations gets a hint at exports`() {
        let rule = "must be an array of strings, not a number"
        let hint = "; if this is an export, export with group_destinations=list"
        for (expected, hint) in [(TextFormat.Expected.sendLog, ""), (.line, hint)] {
            var (tokenizer, reader) = (
                JSONTokenizer(), SendLogReader(sink: DestinationCollector(), expected: expected)
            )
            let text = Array(Self.text(changing: "destinations", to: "2").utf8)
            #expect(throws: Never.self) { try text.withUnsafeBufferPointer { try tokenizer.feed($0, to: &reader) } }
            #expect(reader.issues == [InputIssue(path: "destinations", message: rule + hint)])
        }
    }

    @Test(arguments: ["campaign_id", "message", "triggeredBy", "destinations"])
    func `a missing field is reported by name`(field: String) {
        #expect(issues(changing: field, to: nil) == [InputIssue(path: field, message: "is required")])
    }

    @Test func `a message may be 64 KiB of UTF-8 and no more`() throws {
        let longest = String(repeating: "é", count: 32_768)
        let (draft, _) = try read(Self.text(changing: "message", to: "\"\(longest)\""))
        #expect(draft.message == Array(longest.utf8))
        // An escape counts as the character that it encodes.
        let escaped = String(repeating: "\\u00e9", count: 32_768)
        #expect(try read(Self.text(changing: "message", to: "\"\(escaped)\"")).draft.message == Array(longest.utf8))
        for more in [longest + "x", "x" + longest, longest + "é", longest + "\\n"] {
            #expect(
                issues(changing: "message", to: "\"\(more)\"")
                    == [InputIssue(path: "message", message: "must be at most 64 KiB (65,536 bytes of UTF-8) long")]
            )
        }
    }

    @Test func `triggeredBy may be 64 characters of any length in bytes`() throws {
        for character in ["x", "é", "日", "😀"] {
            let text = String(repeating: character, count: 64)
            #expect(
                try read(Self.text(changing: "triggeredBy", to: "\"\(text)\"")).draft.triggeredBy == Array(text.utf8)
            )
        }
    }

    @Test func `a date with more text after it is refused`() {
        // As long as the reader's buffer for a date; more text follows.
        let padded = "2022-01-01T00:00:00.\(String(repeating: "0", count: 107))Z"
        for tail in ["", "Z", "x", "+02:00", String(repeating: "x", count: 1000)] {
            let found = issues(changing: "startDeliveryAt", to: "\"\(padded)\(tail)\"")
            #expect(found == (tail.isEmpty ? [] : [InputIssue(path: "startDeliveryAt", message: Timestamp.rule)]))
        }
    }

    @Test func `all issues are reported at once, in the order of the text`() {
        let text =
            #"{"_id":"a b","destinations":["1","",2],"message":7,"colour":"red","triggeredBy":"","campaign_id":"c"}"#
        #expect(
            issues(of: text) == [
                InputIssue(path: "_id", message: "must be 1 to 64 characters of A-Z a-z 0-9 _ -"),
                InputIssue(path: "destinations[1]", message: "must not be empty"),
                InputIssue(path: "destinations[2]", message: "must be a string, not a number"),
                InputIssue(path: "message", message: "must be a string, not a number"),
                InputIssue(
                    path: "colour",
                    message: """
                        is not a known field; the known fields are "_id", "campaign_id", "message", \
                        "triggeredBy", "startDeliveryAt", "destinations"
                        """
                ),
                InputIssue(path: "triggeredBy", message: "must be 1 to 64 characters long"),
            ]
        )
    }

    @Test func `at most twenty issues are reported`() throws {
        let destinations = (0..<1000).map { _ in "5" }.joined(separator: ",")
        let found = issues(changing: "destinations", to: "[\(destinations)]")
        #expect(found.map(\.path) == (0..<20).map { "destinations[\($0)]" })
        let error = try #require(throws: InvalidInput.self) {
            try read(Self.text(changing: "destinations", to: "[\(destinations)]"))
        }
        #expect(error.message == "destinations[0] must be a string, not a number (and at least 19 more)")
    }

    @Test(arguments: [
        ("campaignId", "campaign_id"), ("destination", "destinations"), ("id", "_id"),
        ("startDeliveryat", "startDeliveryAt"),
        ("triggered_by", "triggeredBy"), ("Message", "message"),
    ])
    func `an unknown field is refused with the name that was meant`(name: String, meant: String) {
        for value in ["1", "\"x\"", "null", "[1,{\"_id\":2}]", #"{"message":{"a":[]}}"#] {
            let text = Self.text().dropLast() + ",\"\(name)\":\(value)}"
            #expect(
                issues(of: String(text))
                    == [InputIssue(path: name, message: "is not a known field; did you mean \"\(meant)\"?")]
            )
        }
    }

    @Test func `fields within unknown fields do not count as the log's fields`() {
        let text = #"{"log":\#(Self.text()),"x":[{"destinations":["1"]}]}"#
        #expect(
            issues(of: text).map(\.path)
                == ["log", "x", "campaign_id", "message", "triggeredBy", "destinations"]
        )
    }

    @Test(arguments: ["_id", "campaign_id", "message", "triggeredBy", "startDeliveryAt", "destinations"])
    func `a field that is given twice is refused`(field: String) throws {
        for again in [try #require(Self.valid[field]), "null"] {
            let found = issues(of: Self.text().dropLast() + ",\"\(field)\":\(again)}")
            #expect(found.first == InputIssue(path: field, message: "must be given only once"))
        }
    }

    @Test(arguments: [
        ("[]", "an array"), ("[{}]", "an array"), ("\"x\"", "a string"), ("5", "a number"), ("true", "a boolean"),
        ("null", "null"),
    ])
    func `a text that is not an object is refused`(text: String, kind: String) {
        #expect(issues(of: text) == [InputIssue(path: "", message: "must be an object, not \(kind)")])
    }

    @Test func `an empty object gets an issue for each required field`() {
        #expect(issues(of: "{}").map(\.path) == ["campaign_id", "message", "triggeredBy", "destinations"])
    }

    // MARK: Reading

    static let valid = [
        "_id": #""a""#, "campaign_id": #""spring""#, "message": #""Hi""#, "triggeredBy": #""manual""#,
        "startDeliveryAt": #""2022-01-01""#, "destinations": #"["27821234567"]"#,
    ]

    /// Returns a valid log's text, with one field changed or missing.
    static func text(changing field: String? = nil, to value: String? = nil) -> String {
        let members = valid.sorted { $0.key < $1.key }.compactMap { name, given in
            let value = name == field ? value : given
            return value.map { "\"\(name)\":\($0)" }
        }
        return "{\(members.joined(separator: ","))}"
    }

    @discardableResult
    private func read(_ text: String) throws -> (draft: ParsedSendLog, destinations: [String]) {
        try DestinationCollector.read(text)
    }

    private func issues(of text: String) -> [InputIssue] {
        DestinationCollector.issues(of: text)
    }

    private func issues(changing field: String, to value: String?) -> [InputIssue] {
        issues(of: Self.text(changing: field, to: value))
    }
}
