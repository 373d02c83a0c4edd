import SendLogCore

/// The counters by day and block: of organisations in `organisation_days`, of campaigns in `campaign_days`.
struct Counters: DerivedData {
    private var changes = CounterChanges<Int64>()

    init() {}

    mutating func add(_ change: LogChange<Int64>) { changes.add(change) }

    /// The statements that change the counters of an owner: an organisation or a campaign.
    private struct Statements {
        let update, insert, delete: StaticString

        static let ofOrganisations = Statements(
            update: """
                UPDATE organisation_days SET sends = sends + ?4, destinations = destinations + ?5
                WHERE organisation = ?1 AND day = ?2 AND block = ?3
                """,
            insert: """
                INSERT INTO organisation_days (organisation, day, block, sends, destinations) VALUES (?1, ?2, ?3, ?4, ?5)
                """,
            delete: "DELETE FROM organisation_days WHERE organisation = ?1 AND day = ?2 AND block = ?3 AND sends = 0"
        )
        static let ofCampaigns = Statements(
            update: """
                UPDATE campaign_days SET sends = sends + ?4, destinations = destinations + ?5
                WHERE campaign = ?1 AND day = ?2 AND block = ?3
                """,
            insert: """
                INSERT INTO campaign_days (campaign, day, block, sends, destinations) VALUES (?1, ?2, ?3, ?4, ?5)
                """,
            delete: "DELETE FROM campaign_days WHERE campaign = ?1 AND day = ?2 AND block = ?3 AND sends = 0"
        )
    }

    func write(on database: Connection) throws {
        for (key, count) in changes.ofOrganisations {
            try write(count, key, of: key.organisation.number, .ofOrganisations, on: database)
        }
        for (key, count) in changes.ofCampaigns {
            try write(count, key, of: key.campaign ?? 0, .ofCampaigns, on: database)
        }
    }

    private func write(
        _ count: CounterChanges<Int64>.Count,
        _ key: CounterChanges<Int64>.Key,
        of owner: Int64,
        _ sql: Statements,
        on database: Connection
    ) throws {
        let update = try Query(sql.update, on: database)
        try update.run(owner, key.day, key.block, count.sends, count.destinations)
        if database.affectedRows == 0 {
            guard count.sends > 0 else { throw StoreError.corrupted(detail: "a counter of a deleted log is missing") }
            let insert = try Query(sql.insert, on: database)
            try insert.run(owner, key.day, key.block, count.sends, count.destinations)
        } else if count.sends < 0 {
            // A day without logs has no counter.
            try Query(sql.delete, on: database).run(owner, key.day, key.block)
        }
    }

    static func findings(on database: Connection) throws -> [String] {
        try findings(of: "organisation", on: database) + findings(of: "campaign", on: database)
    }

    private static let day = "((start - ((start % 86400000) + 86400000) % 86400000) / 86400000)"
    private static let block = "(((place & 1099511627775) - 1) / \(CounterBlock.size))"

    private static func findings(of owner: String, on database: Connection) throws -> [String] {
        let counted = """
            SELECT \(owner), \(day), \(block), count(*), sum(destinations) FROM send_logs GROUP BY 1, 2, 3
            """
        let stored = "SELECT \(owner), day, block, sends, destinations FROM \(owner)_days"
        var findings: [String] = []
        for (left, right, isStored) in [(counted, stored, false), (stored, counted, true)] {
            let query = try Query(
                dynamicSQL: "SELECT * FROM (\(left)) EXCEPT SELECT * FROM (\(right)) LIMIT \(CheckFinding.maxOfKind)",
                on: database
            )
            while try query.step() {
                findings.append(
                    CheckFinding.counter(
                        of: "\(owner) \(query.integer(0))",
                        key: (query.integer(1), query.integer(2)),
                        counts: (query.integer(3), query.integer(4)),
                        isStored: isStored
                    )
                )
            }
        }
        return findings
    }
}
