import SendLogCore

/// A quick look for damage in a file; each part is bounded, and ``DatabaseCheck`` checks everything.
struct DamageLook {
    let connection: Connection
    private(set) var findings: [String] = []

    /// The length in pages of 4,096 bytes up to which all pages are checked: SQLite 3.40 cannot interrupt that check.
    private static let maxPages = 250_000

    init(connection: Connection) {
        self.connection = connection
    }

    /// Checks the structure of all pages of a file that is not large.
    mutating func checkPages() throws {
        let count = try Query("PRAGMA page_count", on: connection)
        guard try count.step(), count.integer(0) <= Self.maxPages else { return }
        let query = try Query(dynamicSQL: "PRAGMA quick_check(\(CheckFinding.maxOfKind))", on: connection)
        while try query.step() {
            if query.text(0) != "ok" { findings.append("SQLite: \(query.text(0))") }
        }
    }

    /// Checks the rows of webhooks.
    mutating func checkWebhooks() throws {
        var query = try Query(
            dynamicSQL: "SELECT \(WebhookRows.columns) FROM webhooks LIMIT ?",
            on: connection
        )
        try query.bind(InspectionBounds.webhooks)
        while try query.step(), findings.count < CheckFinding.maxOfKind {
            do throws(StoreError) { _ = try WebhookRows.webhook(query) } catch {
                findings.append(CheckFinding.webhook(of: query.integer(0)))
            }
        }
    }

    /// Checks the newest sends of the organisations with most sends.
    mutating func checkNewestSends() throws {
        let check = DatabaseCheck(database: connection)
        var organisations = try Query("SELECT id FROM organisations ORDER BY sequence DESC LIMIT ?", on: connection)
        try organisations.bind(InspectionBounds.organisations)
        while try organisations.step() {
            let organisation = organisations.integer(0)
            var logs = try Query(
                dynamicSQL: """
                    \(DatabaseCheck.contentsSQL) WHERE l.place > ? << 40 AND l.place < (? + 1) << 40
                    ORDER BY l.place DESC LIMIT ?
                    """,
                on: connection
            )
            try logs.bind(organisation, organisation, InspectionBounds.sends)
            while try logs.step(), findings.count < CheckFinding.maxOfKind {
                guard let fault = try check.fault(of: logs) else { continue }
                let sequence = RowID(rawValue: logs.integer(0)).sequence.number
                findings.append(CheckFinding.sendLog(sequence, of: organisation, fault))
            }
        }
    }
}
