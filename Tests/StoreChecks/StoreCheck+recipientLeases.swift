import SendLogCore
import SendLogRecipients
import TestSupport
import Testing

/// The leases of recipient indexes.
extension StoreCheck {
    static let recipientLeases = [
        StoreCheck("an index is leased while there is work for it, to one indexer at a time") { store in
            let trial = try await RecipientTrial(store, seed: 5, organisations: ["Acme"])
            let (acme, indexes) = (try #require(await trial.organisations.first), trial.store)
            #expect(try await indexes.leaseAdditions(lease("one", 0, 10)) == nil)
            _ = try await store.record(Sample.logs(3, "log"), in: acme)
            #expect(try await indexes.recipientIndexLag() == RecipientIndexLag(sendLogs: 3, organisations: 1))
            #expect(try await indexes.leaseAdditions(lease("one", 0, 10), excluding: [acme]) == nil)
            let leased = try await indexes.leaseAdditions(lease("one", 0, 10))
            #expect(leased?.organisation == acme)
            #expect(leased?.index.segments == [] && leased?.index.through == SequenceNumber(0))
            #expect(leased?.index.head.lastSequence == SequenceNumber(3))
            #expect(try await indexes.leaseAdditions(lease("two", 9, 20)) == nil)
            // Only the owner renews it.
            #expect(try await indexes.renewRecipientIndexLease(lease("one", 9, 15), in: acme))
            #expect(try await !indexes.renewRecipientIndexLease(lease("two", 9, 15), in: acme))
            #expect(try await indexes.leaseAdditions(lease("two", 14, 20)) == nil)
            #expect(try await indexes.leaseAdditions(lease("two", 15, 20)) != nil)
            #expect(try await !indexes.renewRecipientIndexLease(lease("one", 16, 30), in: acme))
            // The owner ends it.
            #expect(try await indexes.renewRecipientIndexLease(lease("two", 17, 17), in: acme))
            #expect(try await indexes.leaseAdditions(lease("three", 17, 20)) != nil)
        },
        StoreCheck("the index of an organisation is leased alone, if it has work") { store in
            let trial = try await RecipientTrial(store, seed: 13, organisations: ["Acme", "Zulu"])
            let organisations = await trial.organisations
            let (acme, zulu) = (try #require(organisations.first), try #require(organisations.last))
            let indexes = trial.store
            #expect(try await indexes.leaseRecipientIndex(of: acme, for: .additions, lease("one", 0, 10)) == nil)
            _ = try await store.record(Sample.logs(3, "log"), in: acme)
            #expect(try await indexes.leaseRecipientIndex(of: zulu, for: .additions, lease("one", 0, 10)) == nil)
            #expect(try await indexes.leaseRecipientIndex(of: acme, for: .merges, lease("one", 0, 10)) == nil)
            let leased = try await indexes.leaseRecipientIndex(of: acme, for: .additions, lease("one", 0, 10))
            #expect(leased?.head.lastSequence == SequenceNumber(3))
            #expect(try await indexes.leaseRecipientIndex(of: acme, for: .additions, lease("two", 9, 20)) == nil)
            #expect(try await indexes.leaseRecipientIndex(of: acme, for: .additions, lease("two", 10, 20)) != nil)
            #expect(try await indexes.renewRecipientIndexLease(lease("two", 11, 11), in: acme))
            // The whole log is in the index, which is to be merged then.
            try await trial.index()
            #expect(try await indexes.leaseRecipientIndex(of: acme, for: .additions, lease("three", 12, 20)) == nil)
        },
        StoreCheck("an index is leased once in a pass") { store in
            let trial = try await RecipientTrial(store, seed: 11, organisations: ["Acme", "Zulu"])
            for organisation in await trial.organisations {
                _ = try await store.record(Sample.logs(1, "log"), in: organisation)
            }
            let indexes = trial.store
            func leases(from start: Int) async throws -> Int {
                let pass = try #require(Timestamp(milliseconds: Int64(start)))
                for count in 0..<9 {
                    let lease = try lease("\(start) \(count)", start + count, start + count)
                    let leased = try await indexes.leaseRecipientIndex(for: .additions, lease, in: pass, excluding: [])
                    if leased == nil { return count }
                }
                return 9
            }
            #expect(try await leases(from: 10) == 2)
            #expect(try await leases(from: 20) == 2)
            // A wrong clock was two minutes fast: its leases do not count.
            #expect(try await leases(from: 120_000) == 2)
            #expect(try await leases(from: 30) == 2)
        },
        StoreCheck("the index whose lease is the oldest comes first") { store in
            let trial = try await RecipientTrial(store, seed: 6, organisations: ["Acme", "Zulu", "Kilo"])
            for organisation in await trial.organisations {
                _ = try await store.record(Sample.logs(1, "log"), in: organisation)
            }
            var order: [OrganisationID] = []
            for time in 1...6 {
                let leased = try await trial.store.leaseAdditions(lease("\(time)", time, time))
                order.append(try #require(leased).organisation)
            }
            #expect(Set(order[..<3]) == Set(await trial.organisations))
            #expect(order[..<3] == order[3...])
        },
        StoreCheck("an indexer that lost its lease completes nothing, and leaves nothing") { store in
            let trial = try await RecipientTrial(store, seed: 7, organisations: ["Acme"])
            let (acme, indexes) = (try #require(await trial.organisations.first), trial.store)
            for call in 0..<12 {
                try await trial.record(10)
                let (late, leased) = try #require(try await trial.lease(for: .additions))
                let calls = Box(0)
                // Another indexer does all the work before one of the calls of the first indexer.
                let watched = WatchedIndexStore(store: indexes) { () throws(StoreError) in
                    calls.change { $0 += 1 }
                    guard calls.value == call + 1 else { return }
                    do { try await trial.index() } catch { throw StoreError.corrupted(detail: "\(error)") }
                }
                var indexer = RecipientIndexer(watched, leased, late, await trial.timing)
                do { try await indexer.run(.additions) } catch is LostRecipientIndexLease {}
                let index = try await indexes.recipientIndex(in: acme)
                #expect(index.through == index.head.lastSequence)
                try await trial.compare(5, "after a lost lease")
                guard calls.value > call else { continue }
                #expect(try await !indexes.renewRecipientIndexLease(late, in: acme))
                let segment = RecipientSegment(id: 1, level: 0, range: SequenceNumber(1)...SequenceNumber(1), pairs: 1)
                let isCompleted = try await indexes.completeRecipientSegment(
                    segment,
                    adding: [],
                    replacing: index.segments.map(\.id),
                    through: index.head.lastSequence,
                    owner: late.owner,
                    in: acme
                )
                #expect(!isCompleted)
                #expect(try await indexes.recipientIndex(in: acme) == index)
            }
            try await trial.expectComplete()
        },
        StoreCheck("an indexer works for a limited time, and additions do not wait for merges") { store in
            let trial = try await RecipientTrial(store, seed: 9, organisations: ["Acme"])
            let (acme, indexes) = (try #require(await trial.organisations.first), trial.store)
            var timing = RecipientIndexer.Timing(turn: 0) { .earliest }
            (timing.amount.pairs, timing.amount.chunks) = (1, 1)
            func turn(_ work: RecipientIndexWork) async throws -> RecipientIndex {
                let lease = RecipientIndexLease(owner: "one", start: .earliest, end: .latest)
                let next = try await indexes.leaseRecipientIndex(for: work, lease, in: .latest, excluding: [])
                let leased = try #require(next)
                var indexer = RecipientIndexer(indexes, leased, lease, timing)
                try await indexer.run(work)
                return try await indexes.recipientIndex(in: acme)
            }
            _ = try await store.record(
                (0..<9).map { try Sample.log("log-\($0)", destinations: ["27821234567"]) },
                in: acme
            )
            for number in 1...9 {
                let index = try await turn(.additions)
                #expect((index.segments.count, index.through) == (number, SequenceNumber(Int64(number))))
            }
            #expect(try await turn(.merges).segments.map(\.level) == [1, 0])
            let lease = RecipientIndexLease(owner: "two", start: .earliest, end: .latest)
            for work in [RecipientIndexWork.additions, .merges] {
                #expect(try await indexes.leaseRecipientIndex(for: work, lease, in: .latest, excluding: []) == nil)
            }
        },
        StoreCheck("an indexer that lost its lease deletes no buckets of the next one") { store in
            let trial = try await RecipientTrial(store, seed: 12, organisations: ["Acme"])
            let (acme, indexes) = (try #require(await trial.organisations.first), trial.store)
            _ = try await store.record([Sample.log("log", destinations: ["27821234567"])], in: acme)
            #expect(try await indexes.leaseAdditions(lease("one", 0, 10)) != nil)
            #expect(try await indexes.deleteUnusedRecipientBuckets(in: acme, limit: 9, owner: "one") == 0)
            #expect(try await indexes.leaseAdditions(lease("two", 10, 20)) != nil)
            let segment = try await indexes.beginRecipientSegment(in: acme)
            let bucket = RecipientBucket(firstGroup: 1, ordinal: 0, body: [1])
            try await indexes.addRecipientBuckets([bucket], to: segment, in: acme)
            #expect(try await indexes.deleteUnusedRecipientBuckets(in: acme, limit: 9, owner: "one") == nil)
            let buckets = try await indexes.recipientBuckets(of: segment, after: nil, limit: 9, in: acme)
            #expect(buckets == [bucket])
            #expect(try await indexes.deleteUnusedRecipientBuckets(in: acme, limit: 9, owner: "two") == 2)
        },
        StoreCheck("an index never goes back") { store in
            let trial = try await RecipientTrial(store, seed: 8, organisations: ["Acme"])
            let (acme, indexes) = (try #require(await trial.organisations.first), trial.store)
            _ = try await store.record(Sample.logs(9, "log"), in: acme)
            let lease = try lease("one", 0, 10)
            _ = try await indexes.leaseAdditions(lease)
            for (through, expected) in [(5, 5), (3, 5), (9, 9)] {
                let isCompleted = try await indexes.completeRecipientSegment(
                    nil,
                    adding: [],
                    replacing: [],
                    through: SequenceNumber(Int64(through)),
                    owner: "one",
                    in: acme
                )
                #expect(isCompleted)
                let index = try await indexes.recipientIndex(in: acme)
                #expect(index.through == SequenceNumber(Int64(expected)))
            }
            // Its lease is over, and there is nothing to do.
            #expect(try await indexes.leaseAdditions(StoreCheck.lease("two", 10, 20)) == nil)
        },
    ]

    private static func lease(_ owner: String, _ start: Int, _ end: Int) throws -> RecipientIndexLease {
        let (start, end) = (Timestamp(milliseconds: Int64(start)), Timestamp(milliseconds: Int64(end)))
        return RecipientIndexLease(owner: owner, start: try #require(start), end: try #require(end))
    }
}
