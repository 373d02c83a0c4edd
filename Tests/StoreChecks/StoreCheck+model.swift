import SendLogCore
import TestSupport
import Testing

extension StoreCheck {
    static let model = [
        StoreCheck("every search returns what a plain array gives") { store in
            let seed = TestSeed.printed("every search returns what a plain array gives")
            var cases = RandomCases(seed: seed)
            var tenants: [(organisation: OrganisationID, model: SearchModel)] = []
            for name in ["Acme", "Zulu", "Kilo"] {
                tenants.append((try await store.organisation(name), SearchModel()))
            }
            var number = 0
            for round in 0..<rounds {
                for tenant in tenants.indices {
                    let logs = try (0..<cases.number(0...60)).map { _ in
                        number += 1
                        return try cases.log(number)
                    }
                    let outcomes = try await store.record(logs, in: tenants[tenant].organisation)
                    for (log, outcome) in zip(logs, outcomes) {
                        tenants[tenant].model.append(log)
                        #expect(Int(outcome.recorded?.sequence.number ?? 0) == tenants[tenant].model.head)
                    }
                }
                for turn in 0..<searchesInRound {
                    let (organisation, model) = tenants[cases.number(0...2)]
                    let search = cases.search(logs: model.logs.count)
                    try await compare(search, in: organisation, of: store, with: model) {
                        "SENDLOG_TEST_SEED=\(seed), round \(round), search \(turn): \(search)"
                    }
                }
            }
        },
        StoreCheck("paging through a search returns what a plain array gives while others record") { store in
            let seed = TestSeed.printed("paging through a search returns what a plain array gives")
            var cases = RandomCases(seed: seed &+ 1)
            let organisation = try await store.organisation("Acme")
            var (model, number) = (SearchModel(), 0)
            func recordMore(_ count: Int) async throws {
                let logs = try (0..<count).map { _ in
                    number += 1
                    return try cases.log(number)
                }
                for log in logs { model.append(log) }
                _ = try await store.record(logs, in: organisation)
            }
            try await recordMore(400)
            for pass in 0..<TestScale.count(30, soak: 150) {
                var search = cases.search(logs: number)
                (search.skip, search.limit) = (0, cases.number(5...60))
                let first = try await store.page(search, in: organisation)
                search.asOf = first.asOf
                var whole = search
                whole.limit = .max
                let expected = model.page(whole)
                var rows = first.rows
                while rows.count < first.total {
                    try await recordMore(cases.number(0...5))
                    search.skip = rows.count
                    let page = try await store.page(search, in: organisation)
                    try #require(!page.rows.isEmpty, "SENDLOG_TEST_SEED=\(seed), pass \(pass): \(search)")
                    rows += page.rows
                }
                try #require(
                    rows == expected.rows && first.total == expected.total,
                    "SENDLOG_TEST_SEED=\(seed), pass \(pass): \(search)"
                )
            }
        },
    ]

    private static let rounds = TestScale.count(40, soak: 200)
    private static let searchesInRound = 100

    /// Compares one result with the model; the first difference ends the check.
    static func compare(
        _ search: SendLogSearch,
        in organisation: OrganisationID,
        of store: any LogReader & LogWriter,
        with model: SearchModel,
        name: () -> String
    ) async throws {
        let expected = model.page(search)
        let page = try await store.page(search, in: organisation)
        if page.total == expected.total, page.asOf == expected.asOf, page.rows == expected.rows { return }
        let comment = Comment(rawValue: name())
        try #require(page.total == expected.total, comment)
        try #require(page.asOf == expected.asOf, comment)
        try #require(page.sequences == expected.sequences, comment)
        try #require(page.rows == expected.rows, comment)
    }
}
