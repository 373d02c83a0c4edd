import SendLogCore
import Testing

/// The bodies of redeliveries and replays.
struct ReplayInputTests {
    private func value(_ json: String) throws -> JSONValue {
        try Array(json.utf8).withUnsafeBufferPointer { try JSONValue(utf8: $0) }
    }

    @Test func `valid bodies are parsed`() throws {
        let (from, to) = (Timestamp(rfc3339: "2022-01-31T10:00:00Z"), Timestamp(rfc3339: "2022-02-01"))
        #expect(try ReplayInput(redelivery: value(#"{"state":"failed"}"#)) == ReplayInput(.failed))
        let both = #"{"state":"failed","from":"2022-01-31T12:00:00+02:00","to":"2022-02-01"}"#
        #expect(try ReplayInput(redelivery: value(both)) == ReplayInput(.failed, from: from, to: to))
        let since = #"{"from":"2022-01-31T10:00:00Z","to":null,"after":null}"#
        #expect(try ReplayInput(replay: value(since)) == ReplayInput(.all, from: from))
        #expect(try ReplayInput(replay: value(#"{"after":0}"#)) == ReplayInput(.all, after: SequenceNumber(0)))
        #expect(ReplayInput(.all, from: to, to: from).isEmpty(at: .latest))
        #expect(!ReplayInput(.all, from: from, to: to).isEmpty(at: .latest))
        #expect(!ReplayInput(.all, from: from, to: from).isEmpty(at: .latest))
        #expect(!ReplayInput(.failed).isEmpty(at: .earliest))
        // A range that begins in the future is empty.
        #expect(try ReplayInput(.all, from: to).isEmpty(at: #require(from)))
        #expect(try !ReplayInput(.all, from: from).isEmpty(at: #require(from)))
    }

    @Test(arguments: [
        ("{}", "state"), (#"{"state":"waiting"}"#, "state"), (#"{"state":["failed"]}"#, "state"),
        (#"{"state":"failed","from":"2022-01-31T10:00:00"}"#, "from"), (#"{"state":"failed","to":1643155200}"#, "to"),
        (#"{"state":"failed","after":1}"#, "after"), (#"{"state":"failed","state":"failed"}"#, "state"), ("[]", ""),
    ])
    func `an invalid redelivery is refused, and the field is named`(json: String, path: String) throws {
        let error = try #require(throws: InvalidInput.self) { try ReplayInput(redelivery: value(json)) }
        #expect(error.issues.map(\.path) == [path])
    }

    @Test(arguments: [
        ("{}", "from"), (#"{"to":"2022-01-31"}"#, "from"), (#"{"from":"2022-01-31","after":1}"#, "after"),
        (#"{"after":1,"to":"2022-01-31"}"#, "to"), (#"{"after":-1}"#, "after"), (#"{"after":"1"}"#, "after"),
        (#"{"after":1.5}"#, "after"), (#"{"after":9007199254740993}"#, "after"), (#"{"from":"yesterday"}"#, "from"),
        (#"{"form":"2022-01-31"}"#, "form"), (#"{"state":"failed","after":1}"#, "state"),
    ])
    func `an invalid replay is refused, and the field is named`(json: String, path: String) throws {
        let error = try #require(throws: InvalidInput.self) { try ReplayInput(replay: value(json)) }
        #expect(error.issues.map(\.path) == [path])
    }
}
