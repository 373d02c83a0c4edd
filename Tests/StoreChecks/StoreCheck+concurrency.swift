import SendLogCore
import TestSupport
import Testing

/// Deletions while other tasks record and search.
extension StoreCheck {
    static let concurrency = [
        StoreCheck("searches are exact while other tasks record and delete") { store in
            let organisation = try await store.organisation("Acme")
            let state = Box(State())
            let rounds = TestScale.count(40, soak: 400)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<2 {
                    group.addTask {
                        for round in 0..<rounds {
                            let campaign = "campaign-\(round % 3)"
                            let logs = try Sample.logs(5, "\(task)-\(round)", campaign: campaign) {
                                Sample.later(($0 * 7 + round) % 11)
                            }
                            let outcomes = try await store.record(logs, in: organisation)
                            let recorded = outcomes.compactMap(\.recorded)
                            #expect(recorded.count == 5)
                            state.change { state in
                                for (index, log) in recorded.enumerated() {
                                    let start = (index * 7 + round) % 11
                                    state.recorded[Int(log.sequence.number)] = (campaign, start)
                                }
                            }
                        }
                        state.change { $0.recorders -= 1 }
                    }
                }
                group.addTask {
                    while true {
                        let (chosen, isLast) = state.change { $0.chooseDeletion() }
                        if chosen.isEmpty, isLast { break }
                        let count = try await store.delete(chosen, in: organisation)
                        #expect(count == chosen.count)
                        state.change { $0.deleted.formUnion(chosen) }
                    }
                    state.change { $0.isDone = true }
                }
                for campaign in [nil, "campaign-1"] {
                    group.addTask {
                        while !state.change(\.isDone) {
                            try await search(campaign, in: organisation, of: store, state)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let left = state.value.remaining(of: nil)
            let found = try await store.find(SendLogSearch(limit: 10_000), in: organisation)
            #expect(Set(found) == left)
            #expect(try await store.organisation(organisation).sends == left.count)
            #expect(try await store.check { _, _ in } == [])
        }
    ]

    /// What the tasks of the check have done so far.
    private struct State: Sendable {
        /// The campaign and the start of each log whose recording was acknowledged, by sequence number.
        var recorded: [Int: (campaign: String, start: Int)] = [:]
        /// The logs whose deletion has started.
        var chosen: Set<Int> = []
        /// The logs whose deletion was acknowledged.
        var deleted: Set<Int> = []
        var recorders = 2
        var isDone = false

        /// Chooses about two thirds of the logs that are left.
        mutating func chooseDeletion() -> ([Int], isLast: Bool) {
            let sequences = recorded.keys.filter { $0 % 3 != 0 && !chosen.contains($0) }.prefix(20)
            chosen.formUnion(sequences)
            return (Array(sequences), recorders == 0)
        }

        /// The logs of a campaign, or of all, whose deletion has not started.
        func remaining(of campaign: String?) -> Set<Int> {
            Set(recorded.filter { campaign == nil || $0.value.campaign == campaign }.keys).subtracting(chosen)
        }
    }

    /// Searches once; expects every log that existed throughout the search, and none that was deleted before it.
    private static func search(
        _ campaign: String?,
        in organisation: OrganisationID,
        of store: any Store,
        _ state: Box<State>
    ) async throws {
        let deleted = state.value.deleted
        let recorded = state.value.remaining(of: campaign)
        let search = SendLogSearch(
            campaigns: try campaign.map { try Sample.campaigns($0) },
            limit: 10_000,
            order: .oldestFirst
        )
        let page = try await store.search(search, in: organisation)
        let rows = page.rows.rows.map { Int($0.sequence.number) }
        let found = Set(rows)
        #expect(page.rows.rest != nil || found.count == page.total)
        let known = state.value.recorded
        let keys = rows.compactMap { row in known[row].map { ($0.start, row) } }
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 })
        #expect(found.isDisjoint(with: deleted))
        let expected = recorded.subtracting(state.value.chosen)
        #expect(page.rows.rest != nil || expected.isSubset(of: found), "\(expected.subtracting(found))")
    }
}
