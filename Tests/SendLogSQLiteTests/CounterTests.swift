import GRDB
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

struct CounterTests {
    @Test func `the counters match a full count after new, existing and conflicting logs`() async throws {
        try await withStore { store, _ in
            var random = SplitMix64(defaultSeed: 31)
            var organisations: [OrganisationID] = []
            for name in ["Acme", "Zulu", "Kilo"] { organisations.append(try await store.organisation(name)) }
            var earlier: [PreparedSendLog] = []
            var (recorded, existing, conflicts) = (0, 0, 0)
            for _ in 0..<60 {
                var logs: [PreparedSendLog] = []
                for _ in 0..<Int.random(in: 1...40, using: &random) {
                    // Whole logs and ids repeat, so that some are recorded, some exist and some are in conflict; many
                    // of the conflicts have a campaign that no other log has.
                    if Int.random(in: 0..<5, using: &random) == 0, let log = earlier.randomElement(using: &random) {
                        logs.append(log)
                        continue
                    }
                    logs.append(
                        try Sample.plain(
                            "log-\(Int.random(in: 0...600, using: &random))",
                            campaign: "c\(Int.random(in: 0...3000, using: &random))",
                            day: [-719_528, -1, 0, 1, 19_000, 2_932_896][Int.random(in: 0...5, using: &random)],
                            count: Int.random(in: 0...5, using: &random)
                        )
                    )
                }
                let organisation = organisations[Int.random(in: 0...2, using: &random)]
                for outcome in try await store.record(logs, in: organisation) {
                    switch outcome {
                    case .recorded: recorded += 1
                    case .existing: existing += 1
                    case .conflict: conflicts += 1
                    }
                }
                earlier += logs
            }
            #expect(recorded > 0 && existing > 0 && conflicts > 0, "\(recorded), \(existing), \(conflicts)")
            try await expectSoundCounters(of: store)
        }
    }

    @Test func `counters stay correct across the boundary of a block`() async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            let count = Int(CounterBlock.size) + 2000
            for batch in stride(from: 0, to: count, by: 4000) {
                let logs = try (batch..<min(batch + 4000, count)).map {
                    try Sample.plain("log-\($0)", campaign: "c\($0 % 3)", day: $0 % 5)
                }
                _ = try await store.record(logs, in: organisation)
            }
            try await expectSoundCounters(of: store)
            let blocks = try await store.writer.queue.read {
                try Int.fetchAll($0, sql: "SELECT DISTINCT block FROM campaign_days ORDER BY 1")
            }
            #expect(blocks == [0, 1])
        }
    }
}
