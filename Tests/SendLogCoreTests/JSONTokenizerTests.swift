import Testing

@testable import SendLogCore

struct JSONTokenizerTests {
    @Test func `events are in the order of the text`() {
        let (events, error) = JSONEvents.of(#" {"a":[1,"x",null],"b\n":{"c":true},"":{}} "#)
        #expect(error == nil)
        #expect(
            events == [
                .beginObject, .key("a", isSimple: true, isTruncated: false), .beginArray,
                .scalar(.number(JSONNumber(text: "1"))), .string(Array("x".utf8), isSimple: true, isTruncated: false),
                .scalar(.null), .endArray, .key("b\n", isSimple: false, isTruncated: false), .beginObject,
                .key("c", isSimple: true, isTruncated: false), .scalar(.bool(true)), .endObject,
                .key("", isSimple: true, isTruncated: false), .beginObject, .endObject, .endObject,
            ]
        )
    }

    private static let texts = [
        #" { "a" : [ 1 , -2.5e+10 , true , false , null , "x" ] , "b" : { } , "c" : [ ] } "#,
        #"["é","日本","😀","\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t","","plain","half é \n and half"]"#,
        "123", "-0.0e-0 ", "\"a\"", "null", " \n\t\r true\r\n", #"{"_id":"a","destinations":["27821234567","1"]}"#,
        // Invalid, at least once in each state of the tokenizer.
        #"{"a":1,}"#, "[1,,2]", #"["\ud83d"]"#, #"["\ud83dx"]"#, #"["\x"]"#, #"["\u12g4"]"#, "[01]", "[1.]", "[tru]",
        "[truee]", "[nul", #"["abc"#, #"["abc\"#, #"["abc\u00"#, "{", "[", #"{"a""#, #"{"a":"#, "[1 2]", "[\"a\nb\"]",
        "", "  ", "[]]", "{}{}", "[1}", #"{"a"]"#, "+1", "'a'",
        // With a byte order mark, and with half of one.
        "\u{feff}{\"a\":\"\u{feff}\"}", "\u{feff} 12", "\u{feff}", "\u{feff}\u{feff}1", "\u{fefe}1", "１",
    ]

    @Test(arguments: texts) func `a text has the same events in any three pieces`(text: String) {
        let bytes = Array(text.utf8)
        let whole = JSONEvents.of([bytes[...]])
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let (events, error) = JSONEvents.of([bytes[..<first], bytes[first..<second], bytes[second...]])
                #expect(events == whole.events && error == whole.error, "cut at \(first) and \(second)")
            }
        }
    }

    @Test(arguments: texts) func `a text has the same events byte by byte`(text: String) {
        let bytes = Array(text.utf8)
        let whole = JSONEvents.of([bytes[...]])
        let (events, error) = JSONEvents.of(bytes.indices.map { bytes[$0...$0] })
        #expect(events == whole.events)
        #expect(error == whole.error)
    }

    @Test(arguments: [
        "\"abcdefghij\"", "\"aé日😀é日😀\"", #""\u00e9\u00e9\u00e9\u00e9\u00e9x""#, #""😀😀\ud83d\ude00ab""#, #""aaaaéb\nc""#,
        #""aaa\ud83d\ude00b""#,
    ])
    func `a string over the limit is truncated to valid UTF-8, in any pieces`(text: String) throws {
        let bytes = Array(text.utf8)
        guard case .string(let all, _, false)? = JSONEvents.of(text).events.first else {
            Issue.record("the text is not one string")
            return
        }
        for limit in 0...all.count + 1 {
            var beginning = limit
            while beginning < all.count, beginning > 0, all[beginning] & 0xc0 == 0x80 { beginning -= 1 }
            let expected = Array(all.prefix(beginning))
            for cut in 0...bytes.count {
                let pieces = [bytes[..<cut], bytes[cut...]]
                guard
                    case .string(let string, _, let isTruncated)? = JSONEvents.of(pieces, stringLimit: limit).events
                        .first
                else {
                    Issue.record("limit \(limit), cut at \(cut): no string")
                    continue
                }
                #expect(isTruncated == (limit < all.count), "limit \(limit), cut at \(cut)")
                #expect(string == expected, "limit \(limit), cut at \(cut)")
            }
        }
    }

    @Test func `64 levels of nesting are accepted, and 65 are refused`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        func objects(_ depth: Int) -> String {
            String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        }
        for text in [nested(64), objects(64)] { #expect(JSONEvents.of(text).error == nil) }
        for text in [nested(65), objects(65), nested(100_000), String(repeating: "[", count: 100_000)] {
            #expect(JSONEvents.of(text).error?.message == "nested more than 64 levels deep")
        }
        #expect(JSONEvents.of(nested(100_000)).error?.offset == 64)
    }

    @Test func `deep mixed nesting must have matching brackets`() throws {
        let opened = (0..<64).map { $0 % 3 == 0 ? #"{"a":"# : "[" }
        let closed = (0..<64).reversed().map { $0 % 3 == 0 ? "}" : "]" }
        #expect(JSONEvents.of(opened.joined() + "0" + closed.joined()).error == nil)
        for wrong in 0..<64 {
            var closed = closed
            closed[wrong] = closed[wrong] == "}" ? "]" : "}"
            #expect(JSONEvents.of(opened.joined() + "0" + closed.joined()).error != nil)
        }
    }

    @Test func `an error has its byte offset in the whole text`() {
        let text = #"{"limit": 10, "skip": }"#
        for cut in 0...text.utf8.count {
            let bytes = Array(text.utf8)
            let error = JSONEvents.of([bytes[..<cut], bytes[cut...]]).error
            #expect(error?.offset == 22)
            #expect(error?.message == "'}' where a value was expected")
        }
    }

    @Test func `a byte order mark is skipped at the start, and nowhere else`() {
        let mark = "\u{feff}"
        for text in ["{}", " [1]", "\"a\"", "7", "null"] {
            let (events, error) = JSONEvents.of(mark + text)
            #expect(error == nil && events == JSONEvents.of(text).events)
        }
        for text in [" \(mark)1", "\(mark)\(mark)1", "1\(mark)", "[\(mark)1]", "{\(mark)}", mark, "\(mark) "] {
            #expect(JSONEvents.of(text).error != nil, "\(text.unicodeScalars.map(\.value))")
        }
        let inString = [UInt8(ascii: "\"")] + Array(mark.utf8) + [UInt8(ascii: "\"")]
        let string = JSONEvents.Event.string(Array(mark.utf8), isSimple: false, isTruncated: false)
        #expect(JSONEvents.of([inString[...]]).events == [string])
        for cut: [UInt8] in [[0xef], [0xef, 0xbb], [0xef, 0xbb, 0x31], [0xef, 0x20, 0xbb, 0xbf, 0x31]] {
            #expect(JSONEvents.of([cut[...]]).error != nil, "\(cut)")
        }
        // Offsets count the mark.
        #expect(JSONEvents.of("\(mark)x").error?.offset == 3)
    }

    @Test func `a text of only white space is blank`() {
        var (tokenizer, handler) = (JSONTokenizer(), JSONEvents())
        #expect(tokenizer.isBlank)
        for text in ["\u{feff}", " \r\n\t", "{"] {
            #expect(tokenizer.isBlank)
            Array(text.utf8).withUnsafeBufferPointer { bytes in
                #expect(throws: Never.self) { try tokenizer.feed(bytes, to: &handler) }
            }
        }
        #expect(!tokenizer.isBlank)
    }

    @Test func `a blank text is refused unless there is a value for it`() throws {
        func value(_ text: String, blank: JSONValue?) throws -> JSONValue {
            try Array(text.utf8).withUnsafeBufferPointer { bytes throws(JSONSyntaxError) in
                try JSONValue(utf8: bytes, blank: blank)
            }
        }
        for text in ["", " \n", "\u{feff}", "\u{feff}\r\n "] {
            #expect(throws: JSONSyntaxError.self) { try value(text, blank: nil) }
            #expect(try value(text, blank: .object([])) == .object([]))
        }
        #expect(try value("\u{feff}[]", blank: .object([])) == .array([]))
    }

    @Test func `a number of up to 400 characters keeps its text`() {
        let longest = String(repeating: "9", count: 400)
        #expect(JSONEvents.of(longest).events == [.scalar(.number(JSONNumber(text: longest)))])
        #expect(JSONEvents.of(longest + "9").error?.message == "a number of more than 400 characters")
    }
}
