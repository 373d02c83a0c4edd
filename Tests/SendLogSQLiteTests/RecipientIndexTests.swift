import Foundation
import GRDB
import SendLogCore
import SendLogRecipients
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

struct RecipientIndexTests {
    @Test func `a check of an index in all notations finds nothing, also after deletions`() async throws {
        try await withIndex { store, organisation in
            let index = try await store.recipientIndex(in: organisation)
            #expect((index.through.number, index.head.lastSequence.number) == (62, 62))
            #expect(index.segments.contains { $0.level > 0 } && index.segments.count > 1, "\(index.segments)")
            #expect(try await store.check { _, _ in } == [])
            // A part of the log, and send logs that were deleted since.
            _ = try await store.record([Sample.log("later", destinations: ["27820000001"])], in: organisation)
            #expect(try await store.deleteSendLogs([3, 9, 61].map(SequenceNumber.init), in: organisation) == 3)
            #expect(try await store.check { _, _ in } == [])
            try await store.index(pairs: 50)
            #expect(try await store.recipientIndex(in: organisation).through.number == 63)
            #expect(try await store.check { _, _ in } == [])
        }
    }

    @Test func `a check compares a list that is longer than what it holds in memory`() async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            let logs = [
                try Sample.plain("short", count: 3), try Sample.plain("long", count: 1_200_000),
                try Sample.plain("last", count: 9000),
            ]
            _ = try await store.record(logs, in: organisation)
            try await store.index(pairs: 500_000)
            // Its segments have the long list in common.
            let segments = try await store.recipientIndex(in: organisation).segments
            #expect(segments.filter { $0.range.contains(SequenceNumber(2)) }.count > 2)
            #expect(segments.reduce(0) { $0 + $1.pairs } == 1_209_003)
            #expect(try await store.check { _, _ in } == [])
            try await store.writer.queue.write {
                try $0.execute(
                    sql: "DELETE FROM recipient_segments WHERE id = 2; DELETE FROM recipient_buckets WHERE segment = 2"
                )
            }
            #expect(try await store.check { _, _ in }.count == 1)
        }
    }

    @Test(arguments: [
        "UPDATE recipient_buckets SET body = zeroblob(length(body)) WHERE rowid = (SELECT max(rowid) FROM recipient_buckets)",
        "UPDATE recipient_buckets SET body = x'' WHERE rowid = (SELECT max(rowid) FROM recipient_buckets)",
        "UPDATE recipient_buckets SET body = substr(body, 1, length(body) - 1)",
        "UPDATE recipient_buckets SET first_group = first_group + 100000000",
        "UPDATE recipient_buckets SET first_group = -1 WHERE rowid = (SELECT max(rowid) FROM recipient_buckets)",
        "UPDATE recipient_buckets SET ordinal = ordinal + 100",
        "UPDATE recipient_buckets SET ordinal = -1 WHERE rowid = (SELECT max(rowid) FROM recipient_buckets)",
        "DELETE FROM recipient_buckets WHERE rowid = (SELECT max(rowid) FROM recipient_buckets)",
        "INSERT INTO recipient_buckets SELECT organisation, segment + 100, first_group, ordinal, body FROM recipient_buckets LIMIT 1",
        "INSERT INTO recipient_buckets SELECT organisation + 1, segment, first_group, ordinal, body FROM recipient_buckets LIMIT 1",
        "DELETE FROM recipient_segments WHERE id = (SELECT max(id) FROM recipient_segments WHERE state = 1)",
        "UPDATE recipient_segments SET state = 2 WHERE id = (SELECT max(id) FROM recipient_segments WHERE state = 1)",
        "UPDATE recipient_segments SET pairs = pairs + 1", "UPDATE recipient_segments SET pairs = -1",
        "UPDATE recipient_segments SET last = last - 1", "UPDATE recipient_segments SET first = first - 1",
        "UPDATE recipient_segments SET first = last + 1", "UPDATE recipient_segments SET level = -1",
        "UPDATE recipient_segments SET organisation = 9",
        "UPDATE recipient_indexes SET through = through + 1", "UPDATE recipient_indexes SET through = -1",
        "UPDATE recipient_indexes SET next_segment = 1", "DELETE FROM recipient_indexes",
    ])
    func `a check finds damage of an index, and names the organisation`(sql: String) async throws {
        try await withIndex { store, organisation in
            try await store.writer.queue.write { try $0.execute(sql: sql) }
            let findings = try await store.check { _, _ in }
            #expect(!findings.isEmpty)
            for finding in findings {
                #expect(finding.hasPrefix("organisation "), "\(finding)")
                #expect(finding.hasSuffix("make it again with sendlog database reindex"), "\(finding)")
                #expect(!finding.contains("2782"), "\(finding)")
            }
        }
    }

    @Test func `an index with a pair too many or too few differs from the lists`() async throws {
        for sql in [
            "DELETE FROM destination_chunks WHERE place & 4095 = 1", "UPDATE recipient_indexes SET through = 63",
        ] {
            try await withIndex { store, organisation in
                _ = try await store.record([Sample.log("later", destinations: ["27820000001"])], in: organisation)
                try await store.writer.queue.write { try $0.execute(sql: sql) }
                let findings = try await store.check { _, _ in }
                #expect(findings.contains { $0.contains("differs from the lists") }, "\(findings)")
            }
        }
    }

    @Test func `damage of one index does not stop the others`() async throws {
        try await withIndex { store, organisation in
            let other = try await store.organisation("Zulu")
            _ = try await store.record([Sample.plain("a", count: 1)], in: other)
            try await store.index()
            for id in [organisation, other] { _ = try await store.record([Sample.plain("b", count: 1)], in: id) }
            try await store.writer.queue.write {
                try $0.execute(
                    sql: "UPDATE recipient_segments SET level = -1 WHERE organisation = ?",
                    arguments: [organisation.number]
                )
            }
            // The damaged one comes first, because its last lease is older.
            let time = Timestamp.latest.advanced(by: -1)
            let lease = RecipientIndexLease(owner: "new", start: time, end: time)
            #expect(try await store.leaseAdditions(lease)?.organisation == other)
            await #expect(throws: StoreError.self) {
                try await store.leaseAdditions(lease, excluding: [other])
            }
            // It is made again.
            try await store.resetRecipientIndex(in: organisation)
            try await store.index()
            #expect(try await store.recipientIndex(in: organisation).through.number == 63)
        }
    }

    @Test func `what a merge deletes does not stay in the file`() async throws {
        try await withIndex { store, organisation in
            let buckets = try await store.writer.queue.read {
                try Data.fetchAll($0, sql: "SELECT body FROM recipient_buckets WHERE length(body) > 60")
            }
            try #require(!buckets.isEmpty)
            func count() throws -> Int {
                try store.writer.queue.writeWithoutTransaction {
                    _ = try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
                }
                let file = try Data(contentsOf: URL(filePath: store.writer.queue.path))
                return buckets.filter { file.range(of: $0.suffix(40)) != nil }.count
            }
            #expect(try count() == buckets.count)
            try await store.resetRecipientIndex(in: organisation)
            while try await store.deleteUnusedRecipientBuckets(in: organisation, limit: 3, owner: "") != 0 {}
            #expect(try count() == 0)
        }
    }

    @Test func `the ranges of recorded send logs are found over the borders of blocks`() async throws {
        try await withStore { store, _ in
            let (organisation, other) = (try await store.organisation(), try await store.organisation("Zulu"))
            _ = try await store.record(Sample.logs(9, "other"), in: other)
            try await store.raiseHead(to: SequenceNumber(CounterBlock.size - 5), in: organisation)
            let count = Int(CounterBlock.size) + 20
            for batch in stride(from: 0, to: count, by: 5000) {
                _ = try await store.record(Sample.logs(min(5000, count - batch), "log-\(batch)"), in: organisation)
            }
            let (first, last) = (CounterBlock.size - 4, 2 * CounterBlock.size + 15)
            func ranges(_ range: ClosedRange<Int64>) async throws -> [[Int64]] {
                try await store.recordedRanges(
                    in: SequenceNumber(range.lowerBound)...SequenceNumber(range.upperBound),
                    of: organisation
                ).map { [$0.lowerBound.number, $0.upperBound.number] }
            }
            #expect(try await ranges(0...Int64.max) == [[first, last]])
            #expect(try await ranges(1...first) == [[first, first]])
            #expect(try await ranges(1...first - 1) == [])
            #expect(try await ranges(last + 1...last + 9) == [])
            #expect(try await ranges(70_000...70_009) == [[70_000, 70_009]])
            let deleted = [first + 1, CounterBlock.size, CounterBlock.size + 1, 70_000, last]
            #expect(try await store.deleteSendLogs(deleted.map(SequenceNumber.init), in: organisation) == 5)
            #expect(
                try await ranges(1...last) == [
                    [first, first], [first + 2, CounterBlock.size - 1], [CounterBlock.size + 2, 69_999],
                    [70_001, last - 1],
                ]
            )
        }
    }

    @Test func `a damaged calling code is an error`() async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            try await store.setCallingCode(CallingCode("27"), of: organisation)
            #expect(try await store.organisation(organisation).callingCode == CallingCode("27"))
            try await store.writer.queue.write { try $0.execute(sql: "UPDATE organisations SET calling_code = '0'") }
            await #expect(throws: StoreError.self) { try await store.organisation(organisation) }
        }
    }

    /// Passes a store with an index of several segments and levels, of numbers in all notations and of other texts.
    private func withIndex(_ body: (SQLiteStore, OrganisationID) async throws -> Void) async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            var random = SplitMix64(defaultSeed: 20)
            for turn in 0..<60 {
                let list = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                    let number = Int.random(in: 27_820_000_000...27_820_000_300, using: &random)
                    return ["\(number)", "+\(number)", "0\(number % 1_000_000_000)", "\(number)@example.com", "0"]
                        .randomElement(using: &random) ?? ""
                }
                _ = try await store.record([Sample.log("log-\(turn)", destinations: list)], in: organisation)
                if turn % 3 == 0 { try await store.index(pairs: 50) }
            }
            let logs = [try Sample.plain("long", count: 9000), try Sample.log("empty")]
            _ = try await store.record(logs, in: organisation)
            try await store.index(pairs: 50)
            try await body(store, organisation)
        }
    }
}
