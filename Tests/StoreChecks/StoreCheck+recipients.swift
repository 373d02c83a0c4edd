public import SendLogCore
import SendLogRecipients
import TestSupport
import Testing

/// The recipient index: lookups find what the lists have.
extension StoreCheck {
    static let recipients = [
        StoreCheck("a lookup refuses recipients of more send logs than its limit") { store in
            let trial = try await RecipientTrial(store, seed: 10, organisations: ["Acme"])
            let (acme, indexes) = (try #require(await trial.organisations.first), trial.store)
            // Neither a recipient that is repeated nor one with another counts twice.
            let destinations = Array(repeating: "27821234567", count: 10) + ["0821234567", "27831234567"]
            let logs = try (0..<4).map { try Sample.log("log-\($0)", destinations: destinations) }
            _ = try await store.record(logs, in: acme)
            let queries = ["27821234567", "27831234567"].map { RecipientQuery($0) }
            for _ in 0..<2 {
                let found = try await RecipientLookup(queries, in: indexes, maxFound: 4).run(asOf: nil, in: acme)
                #expect(found.sequences == [1, 2, 3, 4] && found.doubtful.isEmpty)
                let lookup = RecipientLookup(queries, in: indexes, maxFound: 3)
                await #expect(throws: TooManySends.self) { try await lookup.run(asOf: nil, in: acme) }
                #expect(try await lookup.run(asOf: SequenceNumber(3), in: acme).sequences == [1, 2, 3])
                try await trial.index()
            }
        },
        StoreCheck("lookups find what plain lists have, while indexers stop and others continue") { store in
            let seed = TestSeed.printed("lookups find what plain lists have")
            let trial = try await RecipientTrial(store, seed: seed, organisations: ["Acme", "Zulu", "Kilo"])
            for round in 0..<TestScale.count(25, soak: 250) { try await trial.takeRound(round) }
            try await trial.expectComplete()
        },
        StoreCheck("an index of a few send logs is the same, at whichever call its first indexer stops") { store in
            let trial = try await RecipientTrial(store, seed: 1, organisations: ["Acme"])
            for calls in 0..<TestScale.count(40, soak: 400) {
                try await trial.record(12)
                try await trial.index(stopAfter: calls)
                try await trial.compare(2, "stopped after \(calls) calls")
                try await trial.index()
                try await trial.compare(2, "continued after \(calls) calls")
            }
            try await trial.expectComplete()
        },
        StoreCheck("a reset index is made again, and its segments' IDs are not used again") { store in
            let trial = try await RecipientTrial(store, seed: 2, organisations: ["Acme"])
            let (organisation, indexes) = (try #require(await trial.organisations.first), trial.store)
            try await trial.record(50, long: 1)
            try await trial.index()
            let before = try await indexes.recipientIndex(in: organisation)
            #expect(before.through == SequenceNumber(51) && !before.segments.isEmpty)
            try await trial.reset()
            let reset = try await indexes.recipientIndex(in: organisation)
            #expect(reset == RecipientIndex(segments: [], through: SequenceNumber(0), head: before.head))
            #expect(try await indexes.recipientIndexLag() == RecipientIndexLag(sendLogs: 51, organisations: 1))
            try await trial.compare(20, "after a reset")
            try await trial.index()
            let after = try await indexes.recipientIndex(in: organisation)
            #expect(after.segments.map(\.pairs).reduce(0, +) > 0)
            #expect(Set(after.segments.map(\.id)).isDisjoint(with: before.segments.map(\.id)))
            try await trial.compare(20, "after it was made again")
            try await trial.expectComplete()
        },
        StoreCheck("the buckets of a segment are read in order, some at a time") { store in
            let trial = try await RecipientTrial(store, seed: 3, organisations: ["Acme", "Zulu"])
            let (acme, zulu, indexes) = (await trial.organisations[0], await trial.organisations[1], trial.store)
            let segment = try await indexes.beginRecipientSegment(in: acme)
            let positions: [(UInt64, Int)] = [(0, 0), (7, 0), (7, 1), (7, 2), (9, 0), (1 << 62, 0), (.max >> 1, 0)]
            let buckets = positions.map { RecipientBucket(firstGroup: $0, ordinal: $1, body: [UInt8($1), 1]) }
            try await indexes.addRecipientBuckets(buckets.shuffled(), to: segment, in: acme)
            for limit in 1...8 {
                var (found, position): ([RecipientBucket], RecipientBucket.Position?) = ([], nil)
                while true {
                    let next = try await indexes.recipientBuckets(of: segment, after: position, limit: limit, in: acme)
                    if next.isEmpty { break }
                    #expect(next.count <= limit)
                    (found, position) = (found + next, next.last?.position)
                }
                #expect(found == buckets)
            }
            #expect(try await indexes.recipientBuckets(of: segment, after: nil, limit: 9, in: zulu) == [])
            #expect(try await indexes.recipientIndex(in: acme).segments == [])
            await #expect(throws: StoreError.notFound) { try await indexes.recipientIndex(in: OrganisationID(1000)) }
        },
    ]

    /// Checks that the store's check finds an index that differs from the lists.
    ///
    /// - Parameters:
    ///   - store: a store that is new and empty
    ///   - sql: runs a statement, bypassing the store
    /// - Throws: any error of the store or of `sql`; no test expects one.
    public static func findsDamagedRecipientIndex(
        in store: any Store,
        sql: (String) async throws -> Void
    ) async throws {
        let trial = try await RecipientTrial(store, seed: 4, organisations: ["Acme"])
        func expectFinding(_ damage: String, _ repair: String) async throws {
            try await sql(damage)
            #expect(try await store.check { _, _ in }.count == 1, "\(damage)")
            try await sql(repair)
            #expect(try await store.check { _, _ in } == [], "\(repair)")
        }
        try await trial.record(30)
        try await trial.index()
        try await expectFinding(
            "UPDATE recipient_buckets SET first_group = first_group + 1",
            "UPDATE recipient_buckets SET first_group = first_group - 1"
        )
        // A list with a recipient is not in the index, which claims to have it.
        _ = try await store.record(Sample.log("new", destinations: ["27821234567"]), in: trial.organisations[0])
        try await expectFinding(
            "UPDATE recipient_indexes SET through = through + 1",
            "UPDATE recipient_indexes SET through = through - 1"
        )
    }
}
