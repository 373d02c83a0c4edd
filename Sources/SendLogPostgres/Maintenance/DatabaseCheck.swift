import SendLogContent
import SendLogCore

/// Looks for contradictions in a database: first in its schema and the server's settings, then in each organisation.
struct DatabaseCheck {
    let connection: Connection
    private(set) var findings: [String] = []

    init(connection: Connection) {
        self.connection = connection
    }

    mutating func run(progress: (_ done: Int, _ total: Int) -> Void) throws {
        let server = ServerCheck(connection: connection)
        findings = try server.missingTables()
        if !findings.isEmpty { return }
        let serverFindings = try server.findings()
        findings = serverFindings.texts
        if serverFindings.preventsDataChecks { return }
        let total = Int(try connection.rows("SELECT count(*) FROM send_logs").integer(0, 0))
        let organisations = try connection.rows("SELECT org_id FROM organisations ORDER BY org_id")
        var done = 0
        for row in 0..<organisations.count {
            let organisation = organisations.integer(row, 0)
            // One snapshot per organisation: all rows that are compared are on one node.
            try connection.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
                try checkHead(of: organisation)
                for kind in DerivedChanges.kinds { findings += try kind.findings(of: organisation, on: connection) }
                var contents = ContentsCheck(connection: connection, organisation: organisation)
                try contents.run { progress(done + $0, total) }
                done += contents.done
                findings += contents.findings
                try checkOrphanedChunks(of: organisation)
            }
        }
        progress(done, total)
        try checkOrphanedRows()
    }

    /// Checks that the head has the number of logs and destinations, and that no log comes after it.
    private mutating func checkHead(of organisation: Int64) throws {
        let rows = try connection.rows(
            """
            SELECT h.sequence, h.deleted, h.destinations, l.count, l.last, l.destinations
            FROM organisation_heads h CROSS JOIN (
                SELECT count(*) AS count, max(seq) AS last, sum(destinations)::bigint AS destinations
                FROM send_logs WHERE org_id = $1
            ) l WHERE h.org_id = $1
            """,
            Self.parameters(organisation)
        )
        guard rows.count == 1 else {
            findings.append("organisation \(organisation) has no head row: nothing can be recorded for it")
            return
        }
        findings += CheckFinding.head(
            of: organisation,
            stored: (rows.integer(0, 0), rows.integer(0, 1), rows.integer(0, 2)),
            counted: (rows.integer(0, 3), rows.integer(0, 4), rows.integer(0, 5))
        )
    }

    private mutating func checkOrphanedChunks(of organisation: Int64) throws {
        let orphanedChunks = try connection.rows(
            """
            SELECT count(*) FROM destination_chunks c WHERE c.org_id = $1
                AND NOT EXISTS (SELECT FROM send_logs l WHERE l.org_id = $1 AND l.seq = c.seq)
            """,
            Self.parameters(organisation)
        ).integer(0, 0)
        if let finding = CheckFinding.orphanedChunks(orphanedChunks, of: organisation) { findings.append(finding) }
    }

    /// Counts rows of organisations that do not exist.
    private mutating func checkOrphanedRows() throws {
        for table in Schema.distributedTables + ["api_keys"] where table != Schema.serverLeaseTable {
            let count = try connection.rows(
                "SELECT count(*) FROM \(table) WHERE org_id NOT IN (SELECT org_id FROM organisations)"
            ).integer(0, 0)
            if count > 0 { findings.append("\(count) rows of \(table) belong to no organisation") }
        }
    }

    static func parameters(_ organisation: Int64) -> Parameters {
        Parameters(organisation)
    }
}
