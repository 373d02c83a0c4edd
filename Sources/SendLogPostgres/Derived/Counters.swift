import SendLogCore

/// The counters by day and block: of organisations in `organisation_days`, of campaigns in `campaign_days`.
struct Counters: DerivedData {
    static let tables = ["organisation_days", "campaign_days"]
    static let indexes = [
        ("organisation_days_pkey", "(org_id, day, block)"), ("campaign_days_pkey", "(org_id, campaign, day, block)"),
    ]

    private var changes = CounterChanges<String>()

    init() {}

    mutating func add(_ change: LogChange<String>) { changes.add(change) }

    func write(of organisation: OrganisationID, on connection: Connection) throws {
        for (counts, table) in [(changes.ofOrganisations, "organisation_days"), (changes.ofCampaigns, "campaign_days")]
        {
            try write(counts, to: table, of: organisation, on: connection)
        }
    }

    private func write(
        _ counts: [CounterChanges<String>.Key: CounterChanges<String>.Count],
        to table: String,
        of organisation: OrganisationID,
        on connection: Connection
    ) throws {
        if counts.isEmpty { return }
        var parameters = Parameters(organisation.number, counts.keys.map { Int32(clamping: $0.day) })
        parameters.add(counts.keys.map(\.block), counts.keys.map { $0.campaign ?? "" })
        let owner = table == "campaign_days" ? "AND d.campaign = n.campaign" : ""
        let match = "d.org_id = $1 AND d.day = n.day AND d.block = n.block \(owner)"
        var changes = parameters
        changes.add(counts.values.map(\.sends), counts.values.map(\.destinations))
        let updated = try connection.rows(
            """
            UPDATE \(table) d SET sends = d.sends + n.sends, destinations = d.destinations + n.destinations
            FROM unnest($2, $3, $4, $5, $6) n (day, block, campaign, sends, destinations) WHERE \(match)
            """,
            changes
        )
        guard updated.affectedRows == counts.count else {
            throw StoreError.corrupted(detail: "a counter of a deleted log is missing")
        }
        // A day without logs has no counter.
        _ = try connection.rows(
            "DELETE FROM \(table) d USING unnest($2, $3, $4) n (day, block, campaign) WHERE \(match) AND d.sends = 0",
            parameters
        )
    }

    static func findings(of organisation: Int64, on connection: Connection) throws -> [String] {
        try findings(of: organisation, in: "organisation_days", by: "NULL::text", on: connection)
            + findings(of: organisation, in: "campaign_days", by: "campaign", on: connection)
    }

    private static let day = "((start - ((start % 86400000) + 86400000) % 86400000) / 86400000)"
    private static let block = "((seq - 1) / \(CounterBlock.size))"

    private static func findings(
        of organisation: Int64,
        in table: String,
        by owner: String,
        on connection: Connection
    ) throws -> [String] {
        let counted = """
            SELECT \(owner) AS owner, \(day) AS day, \(block) AS block, count(*) AS sends,
                sum(destinations)::bigint AS destinations
            FROM send_logs WHERE org_id = $1 GROUP BY 1, 2, 3
            """
        let stored = "SELECT \(owner), day::bigint, block::bigint, sends, destinations FROM \(table) WHERE org_id = $1"
        let parameters = Parameters(organisation)
        var findings: [String] = []
        for (left, right, isStored) in [(counted, stored, false), (stored, counted, true)] {
            let rows = try connection.rows(
                "SELECT * FROM ((\(left)) EXCEPT (\(right))) x LIMIT \(CheckFinding.maxOfKind)",
                parameters
            )
            findings += (0..<rows.count).map { row in
                let campaign = rows.isNull(row, 0) ? "" : ", campaign \(rows.text(row, 0))"
                return CheckFinding.counter(
                    of: "organisation \(organisation)\(campaign)",
                    key: (rows.integer(row, 1), rows.integer(row, 2)),
                    counts: (rows.integer(row, 3), rows.integer(row, 4)),
                    isStored: isStored
                )
            }
        }
        return findings
    }
}
