import SendLogCore
import Testing

/// The formats that are not the expected JSON, by their first bytes.
struct TextFormatTests {
    private static func utf16(_ text: String, littleEndian: Bool) -> [UInt8] {
        text.utf16.flatMap { littleEndian ? [UInt8($0 & 0xff), UInt8($0 >> 8)] : [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }

    private static func utf32(_ text: String, littleEndian: Bool) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar -> [UInt8] in
            let bytes = (0..<4).map { UInt8(scalar.value >> ($0 * 8) & 0xff) }
            return littleEndian ? bytes : bytes.reversed()
        }
    }

    @Test(arguments: [true, false]) func `UTF-16 and UTF-32 are recognised, with and without a byte order mark`(
        littleEndian: Bool
    ) {
        for text in ["{\"_id\":1}", "\u{feff}{\"_id\":1}", "[1]", "\u{feff}é", "{\r\n", "\u{feff}{}"] {
            for expected in [TextFormat.Expected.json, .sendLog, .line] {
                let short = TextFormat(head: Self.utf16(text, littleEndian: littleEndian), expected: expected)
                #expect(short?.name == "UTF-16" && short?.advice == "use UTF-8", "\(text)")
                let long = TextFormat(head: Self.utf32(text, littleEndian: littleEndian), expected: expected)
                #expect(long?.name == "UTF-32" && long?.advice == "use UTF-8", "\(text)")
            }
        }
        // The second line of a file that is cut at the byte 0x0A.
        let line = Array(Self.utf16("\n{\"a\":1}", littleEndian: true).dropFirst())
        #expect(TextFormat(head: line, expected: .line)?.name == "UTF-16")
        let longLine = Array(Self.utf32("\n{\"a\":1}", littleEndian: true).dropFirst())
        #expect(TextFormat(head: longLine, expected: .line)?.name == "UTF-32")
    }

    @Test(
        arguments: [
            ([0x1f, 0x8b, 8, 0], "gzip", "send Content-Encoding: gzip"),
            ([0x28, 0xb5, 0x2f, 0xfd, 0x24], "zstd", "decompress it first"),
            ([0x50, 0x4b, 3, 4, 20, 0], "a ZIP archive", "decompress it first"),
            ([0x42, 0x5a, 0x68, 0x39], "bzip2", "decompress it first"),
            ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "xz", "decompress it first"),
        ] as [([UInt8], String, String)]
    )
    func `compressed data is recognised`(head: [UInt8], name: String, advice: String) {
        for expected in [TextFormat.Expected.json, .sendLog, .line] {
            let format = TextFormat(head: head, expected: expected)
            #expect(format?.name == name)
            #expect(format?.advice.hasPrefix(advice) == true)
        }
        // A file is not sent, and has no headers.
        let file = TextFormat(head: head, expected: .file)
        #expect(file?.name == name && file?.advice == "decompress it first")
    }

    @Test(
        arguments: [
            ("[", nil, "a JSON array", "a JSON array"), ("[{\"_id\":\"a\"}]", nil, "a JSON array", "a JSON array"),
            ("\u{feff} [", nil, "a JSON array", "a JSON array"), (" \r\n\t[1", nil, "a JSON array", "a JSON array"),
            ("_id,campaign_id", nil, "CSV", "CSV"), ("\"_id\",\"campaign", nil, "CSV", "CSV"),
            ("\u{feff}_id;campaig", nil, "CSV", "CSV"), ("_id\tcampaign_id", nil, "CSV", "CSV"),
            ("{", nil, nil, "pretty-printed JSON"), ("  {  \r", nil, nil, "pretty-printed JSON"),
            ("\u{feff}{", nil, nil, "pretty-printed JSON"),
            ("campaign_id,message,triggeredBy", nil, "CSV", "CSV"), ("27821234567;Hello", nil, "CSV", "CSV"),
            ("\"Sent at\",\"To\"", nil, "CSV", "CSV"), ("naam\tboodskap", nil, "CSV", "CSV"),
            ("a,,", nil, "CSV", "CSV"),
            ("<?xml version=\"1.0\"?>", "XML or HTML", "XML or HTML", "XML or HTML"),
            ("\u{feff}\n<html>", "XML or HTML", "XML or HTML", "XML or HTML"),
            ("--------------12", "a multipart form", "a multipart form", "a multipart form"),
            ("%7B%22find%22%3A", "URL-encoded", "URL-encoded", "URL-encoded"),
            // Not recognised: JSON with an error further on, and texts of no known format.
            ("{\"_id\":\"a\",", nil, nil, nil), ("{                               ", nil, nil, nil),
            ("", nil, nil, nil),
            (" ", nil, nil, nil), ("nonsense", nil, nil, nil), ("\"_id\": \"a\",", nil, nil, nil),
            ("-1", nil, nil, nil), ("  \"27821234567\",", nil, nil, nil), ("\"27821234567\",\r", nil, nil, nil),
            ("a,", nil, nil, nil), (",a", nil, nil, nil), ("},", nil, nil, nil), ("\"a,b\": 1", nil, nil, nil),
            ("_id", nil, nil, nil), ("}", nil, nil, nil), ("\u{0}", nil, nil, nil), ("{}", nil, nil, nil),
            ("é", nil, nil, nil), ("PK", nil, nil, nil), ("\u{feff}", nil, nil, nil),
        ] as [(String, String?, String?, String?)]
    )
    func `texts are recognised by what they should be`(text: String, json: String?, sendLog: String?, line: String?) {
        let head = Array(text.utf8)
        #expect(head.count <= TextFormat.headLength)
        #expect(TextFormat(head: head, expected: .json)?.name == json)
        #expect(TextFormat(head: head, expected: .sendLog)?.name == sendLog)
        #expect(TextFormat(head: head, expected: .line)?.name == line)
    }

    @Test func `the advice says what to send instead`() {
        func advice(_ text: String, _ expected: TextFormat.Expected) -> String? {
            TextFormat(head: Array(text.utf8), expected: expected)?.advice
        }
        #expect(advice("[", .line) == "send one send log per line")
        #expect(advice("[", .sendLog) == "send one object, or POST /send-logs/import with one send log per line")
        #expect(advice("{", .line) == "a send log must be on one line")
        #expect(advice("a,b", .line) == "send JSON, one send log per line")
        #expect(advice("a,b", .sendLog) == "send JSON")
        #expect(advice("<a>", .line) == "send JSON")
        #expect(advice("_id,a", .line) == "export with format=ndjson and group_destinations=list")
    }

    @Test func `two send logs on a line of an import get a hint at curl`() throws {
        let problem = "'{' where the end of the text was expected, at byte 7"
        let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(text: #"{"a":1}{"a":2}"#) }
        #expect(error.explanation(head: [], expected: .sendLog) == "is not valid JSON: \(problem)")
        let hint = "two send logs on one line; with curl, use --data-binary, because -d removes line breaks"
        #expect(error.explanation(head: [], expected: .line) == "is not valid JSON: \(hint) (\(problem))")
        let other = try #require(throws: JSONSyntaxError.self) { try JSONValue(text: #"{"a":1}}"#) }
        #expect(!other.explanation(head: [], expected: .line).contains("curl"))
    }

    @Test func `an explanation names the format, and keeps the error with its byte offset`() throws {
        let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(bytes: [0xff, 0xfe, 0x7b, 0]) }
        #expect(
            error.explanation(head: [0xff, 0xfe, 0x7b, 0])
                == "is not valid JSON: this is UTF-16; use UTF-8 (byte 0xFF where a value was expected, at byte 0)"
        )
        #expect(
            error.explanation(head: []) == "is not valid JSON: byte 0xFF where a value was expected, at byte 0"
        )
    }
}
