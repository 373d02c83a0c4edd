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
            #expect(try await indexes.leaseRecipientIndex(lease("one", 0, 10), excluding: []) == nil)
            _ = try await store.record(Sample.logs(3, "log"), in: acme)
            #expect(try await indexes.recipientIndexLag() == RecipientIndexLag(sendLogs: 3, organisations: 1))
            #expect(try await indexes.leaseRecipientIndex(lease("one", 0, 10), excluding: [acme]) == nil)
            let leased = try await indexes.leaseRecipientIndex(lease("one", 0, 10), excluding: [])
            #expect(leased?.organisation == acme)
            #expect(leased?.index.segments == [] && leased?.index.through == SequenceNumber(0))
            #expect(leased?.index.head.lastSequence == SequenceNumber(3))
            #expect(try await indexes.leaseRecipientIndex(lease("two", 9, 20), excluding: []) == nil)
            // Only the owner renews it.
            #expect(try await indexes.renewRecipientIndexLease(lease("one", 9, 15), in: acme))
            #expect(try await !indexes.renewRecipientIndexLease(lease("two", 9, 15), in: acme))
            #expect(try await indexes.leaseRecipientIndex(lease("two", 14, 20), excluding: []) == nil)
            #expect(try await indexes.leaseRecipientIndex(lease("two", 15, 20), excluding: []) != nil)
            #expect(try await !indexes.renewRecipientIndexLease(lease("one", 16, 30), in: acme))
            // The owner ends it.
            #expect(try await indexes.renewRecipientIndexLease(lease("two", 17, 17), in: acme))
            #expect(try await indexes.leaseRecipientIndex(lease("three", 17, 20), excluding: []) != nil)
        },
        StoreCheck("the index whose lease is the oldest comes first") { store in
            let trial = try await RecipientTrial(store, seed: 6, organisations: ["Acme", "Zulu", "Kilo"])
            for organisation in await trial.organisations {
                _ = try await store.record(Sample.logs(1, "log"), in: organisation)
            }
            var order: [OrganisationID] = []
            for time in 1...6 {
                let leased = try await trial.store.leaseRecipientIndex(lease("\(time)", time, time), excluding: [])
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
                let (late, leased) = try #require(try await trial.lease())
                let calls = Box(0)
                // Another indexer does all the work before one of the calls of the first indexer.
                let watched = WatchedIndexStore(store: indexes) { () throws(StoreError) in
                    calls.change { $0 += 1 }
                    guard calls.value == call + 1 else { return }
                    do { try await trial.index() } catch { throw StoreError.corrupted(detail: "\(error)") }
                }
                var indexer = RecipientIndexer(watched, leased, late, await trial.timing)
                try await indexer.run()
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
        StoreCheck("an index never goes back") { store in
            let trial = try await RecipientTrial(store, seed: 8, organisations: ["Acme"])
            let (acme, indexes) = (try #require(await trial.organisations.first), trial.store)
            _ = try await store.record(Sample.logs(9, "log"), in: acme)
            let lease = try lease("one", 0, 10)
            _ = try await indexes.leaseRecipientIndex(lease, excluding: [])
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
            #expect(try await indexes.leaseRecipientIndex(StoreCheck.lease("two", 10, 20), excluding: []) == nil)
        },
    ]

    private static func lease(_ owner: String, _ start: Int, _ end: Int) throws -> RecipientIndexLease {
        let (start, end) = (Timestamp(milliseconds: Int64(start)), Timestamp(milliseconds: Int64(end)))
        return RecipientIndexLease(owner: owner, start: try #require(start), end: try #require(end))
    }
}
