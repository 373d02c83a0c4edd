import SendLogContent
import SendLogCore
import Testing

struct DestinationRulesTests {
    @Test(arguments: [
        "27821234567", "+27 (82) 123-4567", "jo@example.com", " ", "0", "null", "é", "日本", "👩‍👩‍👧‍👦",
        "a\u{a0}b", "\u{ad}", "\u{200b}",
        String(repeating: "9", count: 320), String(repeating: "é", count: 320), String(repeating: "😀", count: 320),
    ])
    func `a destination of 1 to 320 characters is read unchanged`(destination: String) throws {
        var json: [UInt8] = []
        json.appendJSON(destination)
        let (_, destinations) = try read("[\(String(decoding: json, as: UTF8.self))]")
        #expect(destinations.map { Array($0.utf8) } == [Array(destination.utf8)])
    }

    @Test(arguments: [
        (#""""#, "must not be empty"),
        ("\"\(String(repeating: "9", count: 321))\"", "must be at most 320 characters long"),
        ("\"\(String(repeating: "é", count: 321))\"", "must be at most 320 characters long"),
        ("\"\(String(repeating: "😀", count: 321))\"", "must be at most 320 characters long"),
        ("\"\(String(repeating: "9", count: 1_000_000))\"", "must be at most 320 characters long"),
        (#""2782\u00001234567""#, "must not contain control characters"),
        (#""27821234567\n""#, "must not contain control characters"),
        ("\"2782\u{7f}\"", "must not contain control characters"),
        (#""\u007f""#, "must not contain control characters"),
        ("\"2782\u{85}\"", "must not contain control characters"),
        (#""\u009f""#, "must not contain control characters"),
        ("27821234567", "must be a string, not a number"), ("null", "must be a string, not null"),
        ("true", "must be a string, not a boolean"), (#"["27821234567"]"#, "must be a string, not an array"),
        (#"{"a":["b"]}"#, "must be a string, not an object"),
    ])
    func `an invalid destination is reported by its index`(destination: String, message: String) {
        let text = SendLogReaderTests.text(changing: "destinations", to: #"["1",\#(destination),"3",""]"#)
        #expect(
            DestinationCollector.issues(of: text) == [
                InputIssue(path: "destinations[1]", message: message),
                InputIssue(path: "destinations[3]", message: "must not be empty"),
            ]
        )
    }

    @Test func `destinations may repeat`() throws {
        #expect(try read(#"["1","1","1"]"#).destinations == ["1", "1", "1"])
    }

    @Test func `a log with an issue appends no more destinations`() throws {
        var tokenizer = JSONTokenizer()
        var reader = SendLogReader(sink: DestinationCollector())
        let text = #"{"destinations":["1","","3","4"]}"#
        try Array(text.utf8).withUnsafeBufferPointer { try tokenizer.feed($0, to: &reader) }
        try tokenizer.finish(to: &reader)
        #expect(throws: InvalidInput.self) { try reader.finish() }
        #expect(reader.sink.destinations == ["1"])
    }

    private func read(_ destinations: String) throws -> (draft: ParsedSendLog, destinations: [String]) {
        try DestinationCollector.read(SendLogReaderTests.text(changing: "destinations", to: destinations))
    }
}

/// The longest list, which is fed to the reader in parts.
struct LongestListTests {
    @Test(.timeLimit(.minutes(10))) func `five million destinations are accepted, and more get one issue`() throws {
        var tokenizer = JSONTokenizer()
        var reader = SendLogReader(sink: Counter())
        let head = #"{"campaign_id":"c","message":"","triggeredBy":"m","destinations":["1""#
        try Array(head.utf8).withUnsafeBufferPointer { try tokenizer.feed($0, to: &reader) }
        let part = Array(String(repeating: #","1""#, count: 9999).utf8 + Array(#","1""#.utf8))
        for _ in 0..<499 { try part.withUnsafeBufferPointer { try tokenizer.feed($0, to: &reader) } }
        try part[..<(9999 * 4)].withUnsafeBufferPointer { try tokenizer.feed($0, to: &reader) }
        #expect(reader.sink.count == DestinationList.maxCount)
        #expect(reader.issues.isEmpty)
        try Array(#","1","1","1"]}"#.utf8).withUnsafeBufferPointer { try tokenizer.feed($0, to: &reader) }
        try tokenizer.finish(to: &reader)
        let error = try #require(throws: InvalidInput.self) { try reader.finish() }
        #expect(error == InvalidInput(path: "destinations", "must have at most 5000000 elements"))
        #expect(reader.sink.count == DestinationList.maxCount)
    }

    private struct Counter: DestinationSink {
        var count = 0
        mutating func append(_: borrowing JSONText) { count += 1 }
    }
}
