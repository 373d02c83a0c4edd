import Testing

@testable import SendLogCore

/// The deliveries that may have been started under a lease that was not released.
struct StartedAttemptsTests {
    private static func at(_ milliseconds: Int64) throws -> Timestamp {
        try #require(Timestamp(milliseconds: milliseconds))
    }

    private static func read(_ text: String, after cursor: Int64 = 0) throws -> StartedAttempts {
        StartedAttempts(stored: text, after: SequenceNumber(cursor), at: try at(1000))
    }

    @Test func `a batch is the sends after the cursor and the retries that are due`() throws {
        let batch = try Self.read("many \(StartedAttempts.unreleased)", after: 100)
        #expect(batch.stored == "many last:600 due:1000")
        #expect(batch.starts(of: SequenceNumber(101)) == 1 && batch.starts(of: SequenceNumber(600)) == 1)
        #expect(batch.starts(of: SequenceNumber(601)) == 0)
        #expect(batch.starts(ofRetry: SequenceNumber(7), dueAt: try Self.at(1000)) == 1)
        #expect(batch.starts(ofRetry: SequenceNumber(7), dueAt: try Self.at(1001)) == 0)
    }

    @Test func `recorded starts take precedence over the batch, and end with their attempts`() throws {
        var record = try Self.read("last:600 due:1000 57:2")
        #expect(record.starts(of: SequenceNumber(57)) == 2)
        record.begin(SequenceNumber(57), starts: 3)
        record.begin(SequenceNumber(700), starts: 1)
        #expect(record.stored == "last:600 due:1000 57:3 700:1")
        #expect(record.starts(ofRetry: SequenceNumber(57), dueAt: .latest) == 3)
        record.end(SequenceNumber(57))
        record.end(SequenceNumber(700))
        record.advance(to: SequenceNumber(599))
        #expect(record.stored == "last:600 due:1000")
        record.advance(to: SequenceNumber(600))
        #expect(record.stored == "due:1000")
        record.begin(SequenceNumber(610), starts: 2)
        record.begin(SequenceNumber(7), starts: 2)
        record.endRetries(through: SequenceNumber(600))
        #expect(record.stored == "610:2")
        record.end(SequenceNumber(610))
        #expect(record.isEmpty && record == .none && record.stored.isEmpty)
    }

    @Test func `while attempts are slow, a batch is only the next send`() throws {
        var record = try Self.read(StartedAttempts.unreleased, after: 100)
        #expect(record.stored == "last:101 due:1000" && record.batchSize == 1)
        #expect(record.starts(of: SequenceNumber(101)) == 1 && record.starts(of: SequenceNumber(102)) == 0)
        record.record(duration: 249)
        #expect(record.stored == "many last:101 due:1000" && record.batchSize == 500)
        record.record(duration: 250)
        #expect(record.batchSize == 1)
    }

    @Test func `another batch is added to the rest of the previous one`() throws {
        let record = try Self.read("many last:600 due:900 57:2 \(StartedAttempts.unreleased)", after: 550)
        #expect(record.stored == "many last:1050 due:1000 57:2")
        #expect(
            try Self.read("last:2000 due:5000 \(StartedAttempts.unreleased)", after: 550).stored == "last:2000 due:5000"
        )
        #expect(try Self.read("57:2 \(StartedAttempts.unreleased)", after: 550).stored == "last:551 due:1000 57:2")
    }

    @Test(arguments: [
        "", "last:600", "due:1000", "57:2", "many", "many last:600 due:1000 1:1 57:2 9223372036854775807:3",
    ])
    func `the stored format is read unchanged`(text: String) throws {
        #expect(try Self.read(text).stored == text)
    }

    @Test(arguments: ["x", "last", "last:", "last:x", "1:2:3", ":", "a:1", "57:99999999999999999999"])
    func `an unknown part counts as a batch`(text: String) throws {
        #expect(try Self.read(text, after: 100).stored == "last:101 due:1000")
    }

    @Test func `extreme numbers do not trap`() throws {
        #expect(try Self.read(StartedAttempts.unreleased, after: .max - 1).starts(of: SequenceNumber(.max)) == 1)
        let record = try Self.read("last:-9223372036854775808 due:9223372036854775807 5:9223372036854775807")
        #expect(record.starts(of: SequenceNumber(5)) == .max && record.starts(of: SequenceNumber(6)) == 0)
        #expect(record.starts(ofRetry: SequenceNumber(6), dueAt: .latest) == 1)
    }
}
