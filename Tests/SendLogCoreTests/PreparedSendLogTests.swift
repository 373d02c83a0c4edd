import SendLogContent
import SendLogCore
import Testing

struct PreparedSendLogTests {
    @Test func `a record is the log's JSON up to its start, in the API's order of fields`() throws {
        let log = try log(start: Timestamp(rfc3339: "2022-01-01T02:00:00+02:00"), now: .latest)
        #expect(
            String(decoding: log.record, as: UTF8.self) == """
                {"_id":"a","campaign_id":"spring","message":"Hi \\"{{contact.firstname}}\\"\\n","triggeredBy":"né",\
                "startDeliveryAt":"2022-01-01T00:00:00.000Z"
                """
        )
        #expect(log.isStartGiven)
    }

    @Test func `a missing start is now`() throws {
        let log = try log(start: nil, now: .latest)
        #expect(log.start == .latest)
        #expect(!log.isStartGiven)
        #expect(String(decoding: log.record, as: UTF8.self).hasSuffix(#""startDeliveryAt":"9999-12-31T23:59:59.999Z""#))
    }

    @Test func `a record with another start equals that of a log with this start`() throws {
        for other in [Timestamp.earliest, .latest] {
            let changed = try log(start: nil, now: .earliest).record(startingAt: other)
            #expect(changed == (try log(start: other, now: .latest).record))
        }
    }

    @Test func `a conflict with a damaged record names no fields`() throws {
        let log = try log(start: .latest, now: .latest)
        for record in [[], Array("{".utf8), Array(log.record.dropLast(2))] {
            let stored = StoredSendLog(sequence: SequenceNumber(1), record: record, destinations: 0)
            let outcome = log.outcome(against: stored, startingAt: .latest, digest: [1])
            #expect(outcome == .conflict(fields: []))
        }
    }

    @Test func `the message of a conflict names the fields that differ`() {
        #expect(
            RecordingOutcome.message(forConflictIn: ["message", "destinations"])
                == "_id is taken by a send log that differs in message, destinations"
        )
        #expect(RecordingOutcome.message(forConflictIn: []) == "_id is taken by a send log with other content")
    }

    private func log(start: Timestamp?, now: Timestamp) throws -> PreparedSendLog {
        let parsed = ParsedSendLog(
            id: nil,
            campaignID: try #require(CampaignID("spring")),
            message: Array("Hi \"{{contact.firstname}}\"\n".utf8),
            triggeredBy: Array("né".utf8),
            start: start
        )
        return PreparedSendLog(
            parsed,
            id: try #require(SendLogID("a")),
            now: now,
            destinations: DestinationList(count: 0, digest: [], chunks: [])
        )
    }
}

struct InvalidInputTests {
    @Test func `one issue is one sentence, and the first of several is reported`() {
        let issues = [InputIssue(path: "a", message: "is wrong"), InputIssue(path: "b", message: "is too")]
        #expect(InvalidInput(path: "a", "is wrong").message == "a is wrong")
        #expect(InvalidInput(path: "", "is wrong").message == "the body is wrong")
        let limit = InputIssue(path: "", message: "limit reached", isSentence: true)
        #expect(InvalidInput([limit]).message == "limit reached")
        #expect(InvalidInput(issues).message == "a is wrong (and 1 more)")
        #expect(InvalidInput([]).message == "the input is invalid")
        #expect(InvalidInput([]).message(listing: 3) == "the input is invalid")
    }

    @Test func `several issues are listed, and the others are counted`() {
        let issues = ["a", "", "c", "d", "e"].map { InputIssue(path: $0, message: "is wrong") }
        let message = InvalidInput(issues).message(listing: 3, root: "the line")
        #expect(message == "a is wrong; the line is wrong; c is wrong (and 2 more)")
        let three = InvalidInput(Array(issues.prefix(3))).message(listing: 3)
        #expect(three == "a is wrong; the body is wrong; c is wrong")
        // More issues than are reported are not counted.
        let many = [InputIssue](repeating: issues[0], count: 100)
        #expect(InvalidInput(many).message == "a is wrong (and at least 19 more)")
    }

    @Test func `a JSON error is reported with its byte offset`() throws {
        let error = try #require(throws: JSONSyntaxError.self) { try JSONValue(text: "[1,]") }
        #expect(InvalidInput(error).message == "the body is not valid JSON: ']' where a value was expected, at byte 3")
    }

    @Test func `a long unknown name is truncated in the message`() {
        let name = String(repeating: "é", count: 5000)
        let issues = DestinationCollector.issues(of: #"{"\#(name)":1}"#)
        #expect(issues.count == 5)
        #expect(issues[0].path.unicodeScalars.count <= 64)
        #expect(issues[0].message.utf8.count < 400)
    }
}
