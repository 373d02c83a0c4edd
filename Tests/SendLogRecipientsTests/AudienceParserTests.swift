import SendLogCore
import TestSupport
import Testing

@testable import SendLogRecipients

/// Bodies of comparisons: what they mean, and what is refused.
struct AudienceParserTests {
    /// Parses a body in pieces of a length.
    private static func parse(_ body: String, pieces: Int = .max) throws -> (AudienceComparison, AudienceSorter) {
        var parser = AudienceParser(AudienceSorter(callingCode: CallingCode("27"), spoolFolder: "/none"))
        var rest = Array(body.utf8)[...]
        while !rest.isEmpty {
            try Array(rest.prefix(pieces)).withUnsafeBufferPointer { try parser.feed($0) }
            rest = rest.dropFirst(pieces)
        }
        return try parser.finish()
    }

    @Test(arguments: [
        (#"{"a":{"send_id":"send-1"}}"#, #"{"a":{"send_id":"send-1"},"options":{"as_of":7}}"#),
        (
            #"{"b":{"campaign_id":"x"},"a":{"campaign_id":["y","z","y"],"startDeliveryAt":{"$gte":"2022-01-01"}}}"#,
            #"{"a":{"campaign_id":["y","z"],"startDeliveryAt":{"$gte":"2022-01-01T00:00:00.000Z"}},"b":{"campaign_id":["x"]},"options":{"as_of":7}}"#
        ),
        (
            #"{"a":{"startDeliveryAt":{"$lte":"2022-01-01T02:00:00+02:00"}},"b":null,"options":{"as_of":7}}"#,
            #"{"a":{"startDeliveryAt":{"$lte":"2022-01-01T00:00:00.000Z"}},"options":{"as_of":7}}"#
        ),
        (
            #"{"a":{"destinations":["1","\u0031","+27 82 123 4567"],"send_id":null},"b":{"destinations":[]}}"#,
            #"{"a":{"destinations":3},"b":{"destinations":0},"options":{"as_of":7}}"#
        ),
    ])
    func `a body in pieces of any length means the same`(body: String, parsed: String) throws {
        for pieces in [1, 2, 3, 7, .max] {
            let comparison = try Self.parse(body, pieces: pieces).0
            var bytes: [UInt8] = []
            comparison.writeParsed(asOf: SequenceNumber(7), to: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == parsed)
        }
    }

    @Test func `the recipients of long lists are counted, in pieces of any length`() async throws {
        let a =
            (0..<3000).map { "\"2782\(1_000_000 + $0 % 2000)\"" } + [
                #""Jo@example.com""#, #""😀\n""#.dropLast(3) + "\"",
            ]
        let b = (1000..<5000).map { "\"082 \(1_000_000 + $0)\"" } + [#""jo\u0040example.com""#]
        let body =
            #"{"a":{"destinations":[\#(a.joined(separator: ","))]},"b":{"destinations":[\#(b.joined(separator: ", "))]}}"#
        for pieces in [1, 13, 4096, .max] {
            let (comparison, sorter) = try Self.parse(body, pieces: pieces)
            #expect(comparison == AudienceComparison(.list(count: 3002), .list(count: 4001)))
            #expect(try await sorter.count() == AudienceCounts(both: 1001, onlyA: 1001, onlyB: 3000))
        }
    }

    @Test(arguments: [
        ("", "a", "is required"), ("{}", "a", "is required"), (#"{"a":null}"#, "a", "is required"),
        ("[]", "", "must be an object, not an array"), (#"{"a":"send-1"}"#, "a", "must be an object such as"),
        (#"{"a":{}}"#, "a", "must have either send_id"), (#"{"a":{"send_id":5}}"#, "a.send_id", "must be a string"),
        (#"{"a":{"send_id":"x y"}}"#, "a.send_id", "must"),
        (#"{"a":{"send_id":"x","campaign_id":"y"}}"#, "a", "must have either send_id"),
        (#"{"a":{"send_id":"x","destinations":[]}}"#, "a", "must have either send_id"),
        (#"{"a":{"send_id":"x"},"b":{"startDeliveryAt":{}}}"#, "b.startDeliveryAt", "must have $gte or $lte"),
        (#"{"a":{"campaign_id":["x",1]}}"#, "a.campaign_id[1]", "must be a string, not a number"),
        (#"{"a":{"startDeliveryAt":{"$gt":"2022-01-01"}}}"#, "a.startDeliveryAt.$gt", "is not a known operator"),
        (#"{"a":{"startDeliveryAt":{"$gte":"soon"}}}"#, "a.startDeliveryAt.$gte", ""),
        (#"{"a":{"destinations":"1"}}"#, "a.destinations", "must be an array of strings, not a string"),
        (#"{"a":{"destinations":["1",2,"",["3",{"x":["4"]}],null]}}"#, "a.destinations[1]", "must be a string"),
        (#"{"a":{"destinations":["1",2,"",["3",{"x":["4"]}],null]}}"#, "a.destinations[2]", "must not be empty"),
        (#"{"a":{"destinations":["1",2,"",["3",{"x":["4"]}],null]}}"#, "a.destinations[3]", "not an array"),
        (#"{"a":{"destinations":["1",2,"",["3",{"x":["4"]}],null]}}"#, "a.destinations[4]", "not null"),
        (#"{"a":{"destinations":["1"," "]}}"#, "a.destinations[1]", RecipientKey.emptyRule),
        (#"{"a":{"destinations":["1","2","tel:","\u0020"]}}"#, "a.destinations[2]", RecipientKey.emptyRule),
        (#"{"a":{"destinations":["1","2","tel:","\u0020"]}}"#, "a.destinations[3]", RecipientKey.emptyRule),
        (#"{"b":{"destinations":[7,"mailto:"]},"a":{"send_id":"x"}}"#, "b.destinations[1]", RecipientKey.emptyRule),
        (#"{"a":{"destinations":[],"destinations":[]}}"#, "a.destinations", "must be given only once"),
        (#"{"a":{"send_ids":"x"}}"#, "a.send_ids", #"did you mean "send_id"?"#),
        (#"{"send_id":"x"}"#, "send_id", "it belongs in a, as a.send_id"),
        (#"{"a":{"send_id":"x"},"options":{"as_of":-1}}"#, "options.as_of", "must be a whole number from 0"),
        (#"{"a":{"send_id":"x"},"options":{"limit":1}}"#, "options.limit", "is not a known field"),
        (#"{"a":{"send_id":"x"}"#, "", "is not valid JSON"),
    ])
    func `what is not understood is refused with its path`(body: String, path: String, says: String) {
        for pieces in [3, .max] {
            let fault = #expect(throws: InvalidInput.self) { try Self.parse(body, pieces: pieces) }
            let issue = fault?.issues.first { $0.path == path }
            #expect(issue?.message.contains(says) ?? false || says.isEmpty && issue != nil, "\(fault?.issues ?? [])")
        }
    }

    @Test func `white space counts like the rest of a body, and may be between destinations`() throws {
        let space = String(repeating: " ", count: 1_100_000)
        for body in [
            #"\#(space){"a":{"send_id":"x"}}"#, #"{"a":{"send_id":"x"}}\#(space)"#,
            #"{"a":{"destinations":["1",\#(space)"2"]}}"#,
        ] {
            for pieces in [16_384, .max] {
                let fault = #expect(throws: InvalidInput.self) { try Self.parse(body, pieces: pieces) }
                #expect(fault?.message.contains("1048576") == true)
            }
        }
        let indented = repeatElement(#""27821234567""#, count: 100_000).joined(separator: ",\n        ")
        #expect(try Self.parse(#"{"a":{"destinations":[\#(indented)]}}"#).0.a == .list(count: 100_000))
    }

    @Test func `a body without lists has a maximum length, lists have another one`() throws {
        let texts = repeatElement("\"x\"", count: 80_000).joined(separator: ",")
        let fault = #expect(throws: InvalidInput.self) { try Self.parse(#"{"c":[\#(texts)]}"#) }
        #expect(fault?.message.contains("1048576") == true)
        let most = repeatElement("\"1\"", count: 5_000_000).joined(separator: ",")
        #expect(try Self.parse(#"{"a":{"destinations":[\#(most)]}}"#).0.a == .list(count: 5_000_000))
        let tooMany = #expect(throws: InvalidInput.self) {
            try Self.parse(#"{"a":{"destinations":[\#(most),"1","2"]}}"#)
        }
        #expect(tooMany?.issues.map(\.path) == ["a.destinations"])
    }
}
