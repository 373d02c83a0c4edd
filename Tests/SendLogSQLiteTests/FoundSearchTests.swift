import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

/// Searches that are limited to send logs that were found before.
struct FoundSearchTests {
    @Test func `a search among found send logs has the result of a plain filter`() async throws {
        try await withStore { store, _ in
            var random = SplitMix64(defaultSeed: 21)
            let (organisation, other) = (try await store.organisation(), try await store.organisation("Zulu"))
            _ = try await store.record(Sample.logs(400, "other"), in: other)
            let logs = try (0..<300).map { number in
                // Many have the same start.
                let day = Int.random(in: 0...9, using: &random)
                return try Sample.plain("log-\(number)", campaign: "c\(number % 3)", day: day)
            }
            for log in logs { _ = try await store.record([log], in: organisation) }
            let deleted = Set([5, 17, 100, 300].map(Int64.init))
            #expect(
                try await store.deleteSendLogs(deleted.sorted().map(SequenceNumber.init), in: organisation) == 4
            )
            for _ in 0..<300 {
                // With numbers that no send log of the organisation has; a row ID of one belongs to another organisation.
                let beyond: [Int64] = [-1, 0, 301, 1 << 40 + 1, .min, .max]
                let share = Double.random(in: 0...1, using: &random)
                let found = (1...300).filter { _ in Double.random(in: 0...1, using: &random) < share } + beyond
                var search = SendLogSearch(
                    campaigns: try [nil, [], Self.campaigns("c1"), Self.campaigns("c0", "c2", "none")]
                        .randomElement(using: &random) ?? nil,
                    from: Bool.random(using: &random) ? Timestamp(milliseconds: 3 * 86_400_000) : nil,
                    to: Bool.random(using: &random) ? Timestamp(milliseconds: 7 * 86_400_000) : nil,
                    skip: [0, 0, 3, 150, .max].randomElement(using: &random) ?? 0,
                    limit: [0, 1, 20, 1000, .max].randomElement(using: &random) ?? 0,
                    order: Bool.random(using: &random) ? .newestFirst : .oldestFirst,
                    asOf: [nil, SequenceNumber(120), SequenceNumber(900)].randomElement(using: &random) ?? nil
                )
                search.found = found.sorted()
                let asOf = min(search.asOf?.number ?? 300, 300)
                var expected = found.filter { sequence in
                    guard (1...asOf).contains(sequence), !deleted.contains(sequence) else { return false }
                    let log = logs[Int(sequence) - 1]
                    return search.campaigns?.contains(log.campaignID) != false && log.start >= search.from ?? .earliest
                        && log.start <= search.to ?? .latest
                }
                expected.sort { (logs[Int($0) - 1].start, $0) < (logs[Int($1) - 1].start, $1) }
                if search.order == .newestFirst { expected.reverse() }
                let result = try await store.search(search, in: organisation)
                #expect((result.total, result.asOf.number) == (expected.count, asOf))
                let page = Array(expected.dropFirst(search.skip).prefix(search.limit))
                #expect(try await rows(result, of: store, in: organisation) == page, "\(search)")
            }
        }
    }

    @Test func `a long page comes in blocks, which pass over what was deleted meanwhile`() async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            let message = String(repeating: "long ", count: 2000)
            for number in 0..<90 {
                _ = try await store.record([Sample.log("log-\(number)", message: message)], in: organisation)
            }
            var search = SendLogSearch(skip: 5, limit: 80)
            search.found = Array(1...90)
            let result = try await store.search(search, in: organisation)
            let rest = try #require(result.rows.rest)
            let first = result.rows.rows.map(\.sequence.number)
            #expect(first.count < 60 && rest.search.limit == 80 - first.count)
            #expect(rest.search.found == nil && rest.heldLength == 8 * (80 - first.count))
            _ = try await store.record(Sample.logs(3, "new"), in: organisation)
            // The first row of the next block, one within it, and the last row of the page.
            let deleted = [first[0] - Int64(first.count), 20, 6].map(SequenceNumber.init)
            #expect(try await store.deleteSendLogs(deleted, in: organisation) == 3)
            let expected = (6...85).reversed().filter { sequence in
                !deleted.contains(SequenceNumber(sequence)) || first.contains(sequence)
            }
            #expect(try await rows(result, of: store, in: organisation) == expected)
        }
    }

    @Test func `a million found send logs are counted`() async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            _ = try await store.record(Sample.logs(2, "log"), in: organisation)
            // As after a deletion of nearly all.
            try await store.raiseHead(to: SequenceNumber(1_000_000), in: organisation)
            var search = SendLogSearch()
            search.found = Array(1...1_000_000)
            let result = try await store.search(search, in: organisation)
            #expect((result.total, result.rows.rows.count) == (2, 2))
            // Filters that match nothing, however many send logs were found.
            (search.from, search.to) = (Timestamp(milliseconds: 2), Timestamp(milliseconds: 1))
            #expect(try await store.search(search, in: organisation).total == 0)
            (search.from, search.to, search.asOf) = (nil, nil, SequenceNumber(0))
            #expect(try await store.search(search, in: organisation).total == 0)
            (search.asOf, search.campaigns) = (nil, try Self.campaigns("none"))
            #expect(try await store.search(search, in: organisation).total == 0)
        }
    }

    private static func campaigns(_ ids: String...) throws -> [CampaignID] {
        try ids.map { try #require(CampaignID($0)) }
    }

    /// Reads all blocks of a page.
    private func rows(
        _ result: SearchResult,
        of store: SQLiteStore,
        in organisation: OrganisationID
    ) async throws -> [Int64] {
        var sequences = result.rows.rows.map(\.sequence.number)
        var rest = result.rows.rest
        while let next = rest {
            let block = try await store.rows(next, in: organisation)
            try #require(!block.rows.isEmpty)
            sequences += block.rows.map(\.sequence.number)
            rest = block.rest
        }
        return sequences
    }
}
