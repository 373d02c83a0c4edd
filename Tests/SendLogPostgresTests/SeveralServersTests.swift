import PostgresHarness
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogPostgres

/// Several servers on one database, each with its own store.
struct SeveralServersTests {
    /// Runs a test on three stores of one database, and checks the database afterwards.
    private func withServers(_ body: ([PostgresStore], OrganisationID) async throws -> Void) async throws {
        let database = try TestDatabase()
        let stores = try (0..<3).map { _ in try database.store() }
        defer { for store in stores { store.close() } }
        try await body(stores, stores[0].organisation())
        #expect(try await stores[0].check { _, _ in } == [])
    }

    @Test func `one log sent to all servers at the same time is recorded once`() async throws {
        try await withServers { stores, organisation in
            for number in 0..<30 {
                let log = try Sample.plain("log-\(number)", campaign: "c\(number)", count: number)
                let outcomes = try await withThrowingTaskGroup(of: RecordingOutcome.self) { group in
                    for sender in 0..<9 {
                        group.addTask { try await stores[sender % 3].record([log], in: organisation)[0] }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.filter { if case .recorded = $0 { true } else { false } }.count == 1)
                #expect(outcomes.filter { if case .existing = $0 { true } else { false } }.count == 8)
                #expect(Set(outcomes.compactMap(\.sequence)) == [Int64(number + 1)])
            }
        }
    }

    @Test func `two logs with one id sent to two servers give one log and one conflict`() async throws {
        try await withServers { stores, organisation in
            for number in 0..<30 {
                async let one = stores[0].record([Sample.plain("log-\(number)", message: "one")], in: organisation)
                async let two = stores[1].record([Sample.plain("log-\(number)", message: "two")], in: organisation)
                let outcomes = try await one + two
                #expect(outcomes.filter { if case .recorded = $0 { true } else { false } }.count == 1)
                #expect(outcomes.compactMap(\.conflict) == [["message"]])
            }
        }
    }

    @Test func `overlapping imports record each log once, without a gap in the sequence numbers`() async throws {
        try await withServers { stores, organisation in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for (server, store) in stores.enumerated() {
                    group.addTask {
                        var recorded = 0
                        for batch in 0..<12 {
                            // Each batch repeats half of the previous one, and the batches of the servers overlap.
                            let first = (batch + server) * 50
                            let logs = try (first..<first + 100).map {
                                try Sample.plain("log-\($0)", campaign: "c\($0 % 5)", day: $0 % 7, count: $0 % 4)
                            }
                            for outcome in try await store.record(logs, in: organisation) {
                                if case .recorded = outcome { recorded += 1 }
                                #expect(outcome.conflict == nil)
                            }
                        }
                        return recorded
                    }
                }
                let recorded = try await group.reduce(0, +)
                // The last batch of the last server ends at (11 + 2) * 50 + 100.
                #expect(recorded == 750)
            }
            for store in stores {
                let result = try await store.search(SendLogSearch(limit: 10_000), in: organisation)
                #expect((result.total, result.asOf) == (750, SequenceNumber(750)))
                var (numbers, rest) = (result.rows.rows.map(\.sequence.number), result.rows.rest)
                while let next = rest {
                    let block = try await store.rows(next, in: organisation)
                    numbers += block.rows.map(\.sequence.number)
                    rest = block.rest
                }
                #expect(numbers.sorted() == Array(1...750))
            }
        }
    }

    @Test func `the other servers find a recorded log at once`() async throws {
        try await withServers { stores, organisation in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<12 {
                    group.addTask {
                        for number in 0..<15 {
                            let log = try Sample.plain("log-\(sender)-\(number)", campaign: "c\(sender)", count: 1)
                            let outcome = try await stores[sender % 3].record([log], in: organisation)
                            let other = stores[(sender + 1) % 3]
                            #expect(outcome == [.recorded(try await other.sendLog(log.id, in: organisation))])
                            let mine = SendLogSearch(campaigns: [log.campaignID])
                            #expect(
                                try await stores[(sender + 2) % 3].search(mine, in: organisation).total == number + 1
                            )
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `paging on one server finds every log once while the others record`() async throws {
        try await withServers { stores, organisation in
            func logs(_ prefix: String, _ count: Int) throws -> [PreparedSendLog] {
                try (0..<count).map { try Sample.plain("\(prefix)-\($0)", campaign: "c\($0 % 3)", day: $0 % 11) }
            }
            _ = try await stores[0].record(logs("first", 500), in: organisation)
            let (recorded, shouldStop) = (Box(0), Box(false))
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { shouldStop.set(true) }
                for writer in 1...2 {
                    group.addTask {
                        var batch = 0
                        while !shouldStop.value {
                            _ = try await stores[writer].record(logs("new-\(writer)-\(batch)", 7), in: organisation)
                            recorded.change { $0 += 1 }
                            batch += 1
                        }
                    }
                }
                let haveBegun = try await TestSupport.Deadline.wait(for: 60) { recorded.value > 0 }
                #expect(haveBegun)
                let before = recorded.value
                try await withThrowingTaskGroup(of: Void.self) { readers in
                    for order in SortOrder.allCases {
                        for campaigns in [nil, [try #require(CampaignID("c0")), try #require(CampaignID("c2"))]] {
                            readers.addTask {
                                try await Self.readPages(of: stores[0], in: organisation, order, campaigns)
                            }
                        }
                    }
                    try await readers.waitForAll()
                }
                #expect(recorded.value > before, "nothing was recorded during the searches")
                shouldStop.set(true)
                try await group.waitForAll()
            }
        }
    }

    private static func readPages(
        of store: PostgresStore,
        in organisation: OrganisationID,
        _ order: SortOrder,
        _ campaigns: [CampaignID]?
    ) async throws {
        var search = SendLogSearch(campaigns: campaigns, limit: 23, order: order)
        var (seen, total): ([Int64], Int?) = ([], nil)
        repeat {
            let result = try await store.search(search, in: organisation)
            #expect(total == nil || result.total == total)
            (total, search.asOf) = (result.total, result.asOf)
            seen += result.rows.rows.map(\.sequence.number)
            search.skip = seen.count
            if result.rows.rows.isEmpty { break }
        } while seen.count < total ?? 0
        #expect(seen.count == total)
        #expect(Set(seen).count == seen.count)
        #expect(seen.allSatisfy { $0 <= search.asOf?.number ?? 0 })
    }

    @Test func `keys and organisations that are created at the same time get unique numbers`() async throws {
        try await withServers { stores, organisation in
            let keys = try await withThrowingTaskGroup(of: APIKeyID.self) { group in
                for sender in 0..<30 {
                    group.addTask {
                        let key = NewAPIKey(name: "\(sender)", permissions: [.all], expires: nil)
                        let hash = [UInt8](repeating: UInt8(sender), count: 32)
                        return try await stores[sender % 3].createKey(key, hash: hash, in: organisation, at: .earliest)
                            .id
                    }
                    group.addTask {
                        _ = try await stores[sender % 3].organisation("Organisation \(sender)")
                        return APIKeyID(-Int64(sender) - 1)
                    }
                }
                return try await group.reduce(into: [Int64]()) { if $1.number > 0 { $0.append($1.number) } }
            }
            #expect(keys.sorted() == Array(1...30))
            #expect(try await stores[1].organisations().map(\.id.number) == Array(1...31))
        }
    }

    @Test func `a name that all servers use at the same time is accepted by one`() async throws {
        try await withServers { stores, _ in
            let created = try await withThrowingTaskGroup(of: Bool.self) { group in
                for store in stores {
                    group.addTask {
                        do { _ = try await store.organisation("Wanted") } catch StoreError.nameTaken { return false }
                        return true
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(created == 1)
        }
    }
}

extension RecordingOutcome {
    /// The sequence number of the log; `nil` for a conflict.
    fileprivate var sequence: Int64? {
        switch self {
        case .recorded(let log), .existing(let log): log.sequence.number
        case .conflict: nil
        }
    }
}
