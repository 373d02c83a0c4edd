import Foundation
import Testing

/// Bodies that are not JSON, that are no JSON object, or that are too large.
@Suite struct BadJSONTests {
    /// A body, with a description for the test's name.
    struct Body: CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]

        init(_ name: String, _ text: String) {
            testDescription = name
            bytes = Array(text.utf8)
        }

        init(_ name: String, bytes: [UInt8]) {
            testDescription = name
            self.bytes = bytes
        }
    }

    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    /// Returns bytes inside a string of an object that both endpoints parse.
    private static func inString(_ bytes: [UInt8]) -> [UInt8] {
        Array(#"{"campaign_id":""#.utf8) + bytes + Array("\"}".utf8)
    }

    static let notJSON = [
        Body("a word", "nonsense"), Body("half an object", "{"), Body("a name alone", "{\"find\""),
        Body("no value", "{\"find\":}"),
        Body("a trailing comma", "{\"find\":{},}"), Body("a leading comma", "{,\"find\":{}}"),
        Body("single quotes", "{'find':{}}"),
        Body("names without quotes", "{find:{}}"), Body("a comment", "{} // nothing"), Body("two values", "{}{}"),
        Body("text after the value", "{} x"), Body("the wrong bracket", "{\"find\":[}"),
        Body("a cut string", "{\"find"),
        Body("a cut word", "{\"find\":nul"), Body("a wrong word", "{\"find\":nil}"),
        Body("NaN", "{\"options\":{\"skip\":NaN}}"),
        Body("Infinity", "{\"options\":{\"skip\":-Infinity}}"), Body("a leading zero", "{\"options\":{\"skip\":01}}"),
        Body("a plus", "{\"options\":{\"skip\":+1}}"), Body("a bare point", "{\"options\":{\"skip\":1.}}"),
        Body("hexadecimal", "{\"options\":{\"skip\":0x10}}"), Body("an unknown escape", "{\"a\\x\":1}"),
        Body("a raw line feed in a string", "{\"a\nb\":1}"), Body("a raw NUL in a string", "{\"a\u{0}b\":1}"),
        Body("a NUL after the value", "{}\u{0}"), Body("a NUL alone", "\u{0}"),
        Body("a byte order mark in UTF-16", bytes: [0xff, 0xfe, 0x7b, 0, 0x7d, 0]),
        Body("a lone high surrogate", "{\"a\":\"\\ud83c\"}"), Body("a lone low surrogate", "{\"a\":\"\\udf89\"}"),
        Body("surrogates the wrong way round", "{\"a\":\"\\udf89\\ud83c\"}"),
        Body("a high surrogate before a letter", "{\"a\":\"\\ud83cx\"}"), Body("a cut escape", "{\"a\":\"\\u12\"}"),
        Body("100,000 open arrays", repeated("[", 100_000)), Body("100,000 open objects", repeated("{\"a\":", 100_000)),
        Body("100,000 arrays in find", "{\"find\":\(repeated("[", 100_000))\(repeated("]", 100_000))}"),
        Body("100,000 closing brackets", repeated("]", 100_000)),
        Body("a number of 100,000 digits", repeated("7", 100_000)),
        Body("a stray continuation byte", bytes: inString([0x80])),
        Body("an overlong slash", bytes: inString([0xc0, 0xaf])),
        Body("an encoded surrogate", bytes: inString([0xed, 0xa0, 0x80])),
        Body("beyond Unicode", bytes: inString([0xf4, 0x90, 0x80, 0x80])),
        Body("a cut sequence", bytes: inString([0xe2, 0x82])),
        Body("Latin-1", bytes: inString([0x6d, 0xf4, 0x72, 0x65])),
    ]

    @Test(arguments: notJSON)
    func `a body that is not JSON is refused, and the connection stays open`(body: Body) throws {
        let tenant = try Shared.emptyTenant
        let connection = try tenant.server.connect()
        for path in ["/send-logs/search", "/send-logs"] {
            let response = try connection.request("POST", path, headers: tenant.headers, body: body.bytes)
            try expectFailure(response, 400, "invalid_request", says: "JSON")
            #expect(response.body.count < 2000)
        }
        #expect(
            try connection.request("POST", "/send-logs/search", headers: tenant.headers, body: Array("{}".utf8)).status
                == 200
        )
        #expect(try tenant.total() == 0)
    }

    @Test(arguments: ["[]", "\"text\"", "7", "null", "true", "[{}]"])
    func `a body that is not an object is refused`(body: String) throws {
        for path in ["/send-logs/search", "/send-logs"] {
            try expectFailure(Shared.emptyTenant.post(path, body), 400, "invalid_request", says: "object")
        }
    }

    @Test func `every truncation of a search and of a send log is refused`() throws {
        let tenant = try Shared.emptyTenant
        let search = #"{"find":{"campaign_id":["a"],"startDeliveryAt":{"$gte":"2022-01-01"}},"options":{"skip":10}}"#
        let connection = try tenant.server.connect()
        for (path, whole) in [("/send-logs/search", search), ("/send-logs", SampleLog(id: "send-1").json)] {
            let bytes = Array(whole.utf8)
            for length in 1..<bytes.count {
                let response = try connection.request(
                    "POST",
                    path,
                    headers: tenant.headers,
                    body: Array(bytes.prefix(length))
                )
                try expectFailure(response, 400, "invalid_request", says: "JSON")
            }
        }
        #expect(try tenant.total() == 0)
    }

    @Test func `a search of two megabytes gets 413, with a length or in chunks`() throws {
        let tenant = try Shared.emptyTenant
        let body = Array(#"{"find":{"campaign_id":"\#(Self.repeated("a", 2_000_000))"}}"#.utf8)
        try expectFailure(tenant.request("POST", "/send-logs/search", body: body), 413, "payload_too_large")
        let chunked = try tenant.request("POST", "/send-logs/search", body: body, chunked: [10_000])
        try expectFailure(chunked, 413, "payload_too_large")
        #expect(try tenant.total() == 0)
    }

    @Test func `a search with a content length of one terabyte is refused at once`() throws {
        let connection = try Shared.server.connect()
        try connection.send(head: "POST", "/send-logs/search", headers: try Shared.emptyTenant.headers, length: 1 << 40)
        try connection.send("{")
        try expectFailure(connection.response(), 413, "payload_too_large")
    }

    @Test func `endless white space does not evade the body limit`() throws {
        let body = Array(Self.repeated(" ", 3_000_000).utf8) + Array("{}".utf8)
        let response = try Shared.emptyTenant.request("POST", "/send-logs/search", body: body)
        try expectFailure(response, 413, "payload_too_large")
    }
}
