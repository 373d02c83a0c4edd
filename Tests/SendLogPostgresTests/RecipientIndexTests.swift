import SendLogCore
import SendLogRecipients
import StoreChecks
import TestSupport
import Testing

@testable import SendLogPostgres

/// What is particular to the recipient index on PostgreSQL: several servers, and rows.
struct RecipientIndexTests {
    private static func lease(_ owner: String, from start: Int64 = 0) throws -> RecipientIndexLease {
        let (first, last) = (Timestamp(milliseconds: start), Timestamp(milliseconds: start + 1000))
        return RecipientIndexLease(owner: owner, start: try #require(first), end: try #require(last))
    }

    private static func bucket(_ group: UInt64) -> RecipientBucket {
        RecipientBucket(firstGroup: group, ordinal: 0, body: [7])
    }

    @Test func `servers that lease at the same time lease different organisations`() async throws {
        let database = try TestDatabase()
        let stores = try (0..<3).map { _ in try database.store() }
        defer { for store in stores { store.close() } }
        var organisations: [OrganisationID] = []
        for number in 0..<5 {
            organisations.append(try await stores[0].organisation("Organisation \(number)"))
            _ = try await stores[0].record([Sample.plain("log", count: 1)], in: organisations[number])
        }
        for round in 0..<10 {
            let leased = try await withThrowingTaskGroup(of: OrganisationID?.self) { group -> [OrganisationID] in
                for number in 0..<9 {
                    let lease = try Self.lease("\(round)-\(number)", from: Int64(round) * 1000)
                    group.addTask {
                        try await stores[number % 3].leaseAdditions(lease)?.organisation
                    }
                }
                return try await group.reduce(into: []) { if let organisation = $1 { $0.append(organisation) } }
            }
            #expect(leased.count == 5 && Set(leased) == Set(organisations))
        }
    }

    @Test func `servers that record and index at the same time leave a complete index`() async throws {
        let database = try TestDatabase()
        let stores = try (0..<3).map { _ in try database.store() }
        defer { for store in stores { store.close() } }
        let organisation = try await stores[0].organisation()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (server, store) in stores.enumerated() {
                group.addTask {
                    for number in 0..<60 {
                        let log = try Sample.plain("log-\(server)-\(number)", count: 1 + number % 9)
                        _ = try await store.record([log], in: organisation)
                        // Each segment has a few send logs, so that many are merged.
                        try await store.index(owner: "server-\(server)", pairs: 10)
                    }
                }
            }
            try await group.waitForAll()
        }
        try await stores[0].index()
        let index = try await stores[1].recipientIndex(in: organisation)
        #expect(index.through == SequenceNumber(180) && index.segments.contains { $0.level > 0 })
        #expect(try await stores[2].check { _, _ in } == [])
    }

    @Test func `a lease that a wrong clock made is ignored`() async throws {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            _ = try await store.record([Sample.plain("log")], in: organisation)
            #expect(try await store.leaseAdditions(Self.lease("one")) != nil)
            #expect(try await store.leaseAdditions(Self.lease("two")) == nil)
            try database.sql("UPDATE recipient_indexes SET lease_until = \(Timestamp.latest.milliseconds)")
            #expect(try await store.leaseAdditions(Self.lease("two")) != nil)
        }
    }

    @Test func `a damaged index does not stop the others`() async throws {
        try await withStore { store, database in
            for number in 0..<3 {
                let organisation = try await store.organisation("Organisation \(number)")
                _ = try await store.record([Sample.plain("log", count: 5)], in: organisation)
            }
            try await store.index()
            try database.sql("UPDATE recipient_segments SET first = 9 WHERE org_id = 1")
            for number in 1...3 {
                _ = try await store.record([Sample.plain("next", count: 5)], in: OrganisationID(Int64(number)))
            }
            var leased: Set<OrganisationID> = []
            for owner in ["one", "two"] {
                let next = try await store.leaseAdditions(Self.lease(owner, from: 100_000))
                leased.insert(try #require(next).organisation)
            }
            #expect(leased == [OrganisationID(2), OrganisationID(3)])
            await #expect(throws: StoreError.self) {
                try await store.leaseAdditions(Self.lease("three", from: 200_000), excluding: leased)
            }
        }
    }

    @Test func `no buckets are added to a segment that was deleted meanwhile`() async throws {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            let segment = try await store.beginRecipientSegment(in: organisation)
            // One deletes the segment over and over, and others add buckets to it.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<3 {
                    group.addTask {
                        for number in 0..<20 {
                            let bucket = Self.bucket(UInt64(writer * 100 + number))
                            try await store.addRecipientBuckets([bucket], to: segment, in: organisation)
                        }
                    }
                }
                group.addTask {
                    while try await store.deleteUnusedRecipientBuckets(in: organisation, limit: 2, owner: "") != 0 {}
                }
                try await group.waitForAll()
            }
            #expect(try database.sql("SELECT count(*) FROM recipient_segments") == ["0"])
            #expect(try database.sql("SELECT count(*) FROM recipient_buckets") == ["0"])
        }
    }

    @Test func `buckets are neither compressed nor moved out of their rows`() async throws {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            let segment = try await store.beginRecipientSegment(in: organisation)
            let body = [UInt8](repeating: 0, count: 1900)
            let bucket = RecipientBucket(firstGroup: 1, ordinal: 0, body: body)
            try await store.addRecipientBuckets([bucket], to: segment, in: organisation)
            #expect(try database.sql("SELECT pg_column_size(body) >= 1900 FROM recipient_buckets") == ["t"])
            let elsewhere = """
                SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE oid = 'recipient_buckets'::regclass
                """
            #expect(try database.sql(elsewhere) == ["0"])
        }
    }

    @Test func `ranges of send logs are exact within a block and across its border`() async throws {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            let size = CounterBlock.size
            // Whole blocks, a block with gaps, and one without send logs.
            let numbers = [1...size, size + 1...size + 3, size + 9...size + 9, 3 * size...3 * size + 2]
            for range in numbers {
                try database.sql(
                    """
                    INSERT INTO send_logs SELECT 1, n, 0, 0, n::text, 'c', '', '' FROM
                        generate_series(\(range.lowerBound)::bigint, \(range.upperBound)) n;
                    INSERT INTO organisation_days AS d SELECT 1, n % 2, (n - 1) / \(size), count(*), 0 FROM
                        generate_series(\(range.lowerBound)::bigint, \(range.upperBound)) n GROUP BY 2, 3
                    ON CONFLICT (org_id, day, block) DO UPDATE SET sends = d.sends + excluded.sends
                    """
                )
            }
            func ranges(_ range: ClosedRange<Int64>) async throws -> [ClosedRange<Int64>] {
                let (first, last) = (SequenceNumber(range.lowerBound), SequenceNumber(range.upperBound))
                return try await store.recordedRanges(in: first...last, of: organisation)
                    .map { $0.lowerBound.number...$0.upperBound.number }
            }
            let all = [1...size + 3, size + 9...size + 9, 3 * size...3 * size + 2]
            #expect(try await ranges(0...4 * size) == all)
            #expect(try await ranges(1...3 * size + 2) == all)
            #expect(try await ranges(5...size + 2) == [5...size + 2])
            #expect(try await ranges(size + 3...size + 9) == [size + 3...size + 3, size + 9...size + 9])
            #expect(try await ranges(size + 4...3 * size - 1) == [size + 9...size + 9])
            #expect(try await ranges(size + 10...2 * size) == [])
            #expect(try await ranges(0...0) == [])
        }
    }

    @Test(arguments: SortOrder.allCases)
    func `the blocks of a long page have each found log once, and pass over deleted ones`(order: SortOrder)
        async throws
    {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            let long = String(repeating: "x", count: 3000)
            for batch in 0..<8 {
                let logs = try (0..<500).map { number in
                    try Sample.plain("log-\(batch)-\(number)", message: long, day: 19_000 + batch % 2)
                }
                _ = try await store.record(logs, in: organisation)
            }
            var search = SendLogSearch(skip: 3, limit: .max, order: order)
            search.found = Array(stride(from: 1, through: 4000, by: 2))
            let first = try await store.search(search, in: organisation)
            #expect(first.total == 2000 && first.asOf == SequenceNumber(4000))
            var (seen, rest) = (first.rows.rows.map(\.sequence.number), first.rows.rest)
            // Many of the rest are deleted: more in a row than a block has.
            let deleted = Array(Set(stride(from: 1, through: 2400, by: 2).map(Int64.init)).subtracting(seen))
            let count = try await store.deleteSendLogs(deleted.map(SequenceNumber.init), in: organisation)
            #expect(count == deleted.count)
            while let next = rest {
                let block = try await store.rows(next, in: organisation)
                seen += block.rows.map(\.sequence.number)
                rest = block.rest
            }
            func key(_ number: Int64) -> (Int64, Int64) { ((number - 1) / 500 % 2, number) }
            var expected = stride(from: 1, through: 4000, by: 2).map(Int64.init).sorted { key($0) < key($1) }
            if order == .newestFirst { expected.reverse() }
            #expect(seen == Array(expected.dropFirst(3)).filter { !deleted.contains($0) })
        }
    }
}
