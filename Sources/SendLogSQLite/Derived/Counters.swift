import SendLogCore

/// The counters by day and block: of organisations in `organisation_days`, of campaigns in `campaign_days`.
struct Counters: DerivedData {
    private var changes = CounterChanges<Int64>()

    init() {}

    mutating func add(_ change: LogChange<Int64>) { changes.add(change) }

    func write(on database: Connection) throws {
        for (key, count) in changes.ofOrganisations {
            try write(
                key.organisation.number,
                key,
                count,
                update: """
                    UPDATE organisation_days SET sends = sends + ?, destinations = destinations + ?
                    WHERE organisation = ? AND day = ? AND block = ?
                    """,
                insert: """
                    INSERT INTO organisation_days (sends, destinations, organisation, day, block)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                delete: "DELETE FROM organisation_days WHERE organisation = ? AND day = ? AND block = ? AND sends = 0",
                on: database
            )
        }
        for (key, count) in changes.ofCampaigns {
            try write(
                key.campaign ?? 0,
                key,
                count,
                update: """
                    UPDATE campaign_days SET sends = sends + ?, destinations = destinations + ?
                    WHERE campaign = ? AND day = ? AND block = ?
                    """,
                insert: """
                    INSERT INTO campaign_days (sends, destinations, campaign, day, block) VALUES (?, ?, ?, ?, ?)
                    """,
                delete: "DELETE FROM campaign_days WHERE campaign = ? AND day = ? AND block = ? AND sends = 0",
                on: database
            )
        }
    }

    private func write(
        _ owner: Int64,
        _ key: CounterChanges<Int64>.Key,
        _ count: CounterChanges<Int64>.Count,
        update: StaticString,
        insert: StaticString,
        delete: StaticString,
        on database: Connection
    ) throws {
        func run(_ sql: StaticString, withCount: Bool) throws {
            var query = try Query(sql, on: database)
            if withCount {
                try query.bind(count.sends)
                try query.bind(count.destinations)
            }
            try query.bind(owner)
            try query.bind(key.day)
            try query.bind(key.block)
            try query.run()
        }
        try run(update, withCount: true)
        if database.affectedRows == 0 {
            guard count.sends > 0 else { throw StoreError.corrupted(detail: "a counter of a deleted log is missing") }
            try run(insert, withCount: true)
        } else if count.sends < 0 {
            // A day without logs has no counter.
            try run(delete, withCount: false)
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
