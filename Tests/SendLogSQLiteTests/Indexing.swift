import Foundation
import SendLogCore
import SendLogRecipients
import SendLogSQLite
import Testing

extension SQLiteStore {
    /// Indexes the recipients of all organisations.
    ///
    /// - Parameter pairs: the number of pairs of a segment
    /// - Throws: the errors of the indexer.
    func index(pairs: Int = 1 << 20) async throws {
        var work = RecipientIndexWork.additions
        for turn in 0... {
            try #require(turn < 200, "indexing must come to an end")
            let start = try #require(Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
            let end = try #require(Timestamp(milliseconds: start.milliseconds + 20_000))
            let lease = RecipientIndexLease(owner: UUID().uuidString, start: start, end: end)
            guard let leased = try await leaseRecipientIndex(for: work, lease, in: .latest, excluding: []) else {
                if work == .merges { return }
                work = .merges
                continue
            }
            var timing = RecipientIndexer.Timing { start }
            (timing.amount.pairs, timing.amount.chunks) = (pairs, 1)
            if pairs < 1000 { timing.amount.buckets = 2 }
            var indexer = RecipientIndexer(self, leased, lease, timing)
            try await indexer.run(work)
        }
    }
}
