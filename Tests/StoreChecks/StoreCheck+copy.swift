import Foundation
import SendLogContent
package import SendLogCore
import Testing

/// Copies from one store to another.
extension StoreCheck {
    /// Checks that a copy has the source's gaps, so that sequence numbers, snapshots and cursors stay valid.
    package static func copiesGaps(from source: any Store, to target: any Store) async throws {
        let organisation = try await source.organisation("Acme")
        let logs = try (0..<1200).map { number in
            try Sample.log("log-\(number)", start: Sample.later(number), destinations: ["27\(number)"])
        }
        _ = try await source.record(logs, in: organisation)
        // Single logs, a range over the ends of the batches, the first one and the newest ones.
        #expect(try await source.sampleRecordingTimes(keepingFrom: .earliest) { .latest } == 1)
        let deleted = [1, 3, 5] + Array(400...700) + [1199, 1200]
        #expect(try await source.delete(deleted, in: organisation) == deleted.count)
        let copy = SendLogCopy(from: source, to: target, spoolFolder: NSTemporaryDirectory())
        let report = try await copy.run { _, _, _ in }
        #expect((report.sends, report.verified) == (1200 - deleted.count, 1200 - deleted.count))
        try await compare(source, target, organisation)
        // A second run continues behind the gap at the end.
        _ = try await source.record(Sample.logs(3, "more"), in: organisation)
        let last = [1203]
        #expect(try await source.delete(last, in: organisation) == 1)
        #expect(try await copy.run { _, _, _ in }.sends == 2)
        try await compare(source, target, organisation)
        // Send logs that were copied and then deleted in the source, the newest of the target among them.
        #expect(try await source.delete([2, 10, 1201, 1202], in: organisation) == 4)
        _ = try await source.record(Sample.logs(2, "last"), in: organisation)
        #expect(try await copy.run { _, _, _ in }.sends == 2)
        try await compare(source, target, organisation)
        #expect(try await target.check { _, _ in } == [])
    }

    /// Checks that a copy continues the replays of webhooks, except those of failed deliveries, which it does not have.
    package static func copiesReplays(from source: any Store, to target: any Store) async throws {
        let webhook = try await WebhookUnderTest(in: source.organisation("Acme"), of: source)
        try await webhook.record(20)
        let ranges = try ReplayRange.Kind.allCases.map { kind in
            ReplayRange(
                id: try #require(SendLogID(kind.rawValue)),
                kind: kind,
                after: SequenceNumber(2),
                through: SequenceNumber(18),
                position: SequenceNumber(7)
            )
        }
        _ = try await source.setReplays(of: webhook.id, in: webhook.organisation) { _ in ranges }
        let failed = try WebhookSample.delivery(3, state: .failed)
        try await source.saveDelivery(failed, of: webhook.id, in: webhook.organisation)
        _ = try await SendLogCopy(from: source, to: target, spoolFolder: NSTemporaryDirectory()).run { _, _, _ in }
        let copy = try await target.organisation(named: #require(OrganisationName("Acme"))).id
        #expect(try await target.webhook(webhook.id, in: copy).progress.replays == ranges.filter { $0.kind == .all })
        #expect(try await target.failedDeliveryCounts(in: copy) == [:])
    }

    /// Checks that a target with other send logs is refused, and that none of them is deleted.
    package static func keepsOtherContent(from source: any Store, to target: any Store) async throws {
        let (organisation, other) = (try await source.organisation("Acme"), try await target.organisation("Acme"))
        _ = try await source.record(Sample.logs(1200, "log"), in: organisation)
        _ = try await target.record(Sample.logs(1200, "other"), in: other)
        // The first batches of the source have no log that differs from the target's.
        #expect(try await source.delete(Array(1...1100), in: organisation) == 1100)
        let copy = SendLogCopy(from: source, to: target, spoolFolder: NSTemporaryDirectory())
        await #expect(throws: SendLogCopy.Failure.self) { try await copy.run { _, _, _ in } }
        #expect(try await target.organisation(other).sends == 1200)
    }

    private static func compare(
        _ source: any Store,
        _ target: any Store,
        _ organisation: OrganisationID
    ) async throws {
        let entry = try await target.organisation(named: #require(OrganisationName("Acme")))
        let copy = try await target.organisation(entry.id)
        #expect(copy.head == (try await source.organisation(organisation).head))
        let start = SequenceNumber(-1)
        let times = try await source.recordingTimes(in: organisation, after: start, limit: 9)
        #expect(times.count == 2)
        #expect(try await target.recordingTimes(in: copy.id, after: start, limit: 9) == times)
        for (skip, asOf) in [(0, nil), (300, nil), (0, SequenceNumber(500)), (2, SequenceNumber(1199))] {
            let search = SendLogSearch(skip: skip, limit: 1000, asOf: asOf)
            let (original, copied) = (
                try await source.page(search, in: organisation), try await target.page(search, in: copy.id)
            )
            #expect((original.total, original.asOf) == (copied.total, copied.asOf))
            #expect(original.rows == copied.rows)
        }
    }
}
