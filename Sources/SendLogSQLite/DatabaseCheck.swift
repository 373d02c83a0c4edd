import SendLogContent
import SendLogCore

/// A consistency check of a database, within one read transaction.
struct DatabaseCheck {
    let database: Connection
    private(set) var findings: [String] = []

    init(database: Connection) {
        self.database = database
    }

    mutating func run(progress: (_ done: Int, _ total: Int) -> Void) throws {
        try checkPages()
        // If pages are damaged, the results of the other checks are unreliable.
        guard findings.isEmpty else { return }
        try checkHeads()
        for kind in DerivedChanges.kinds { findings += try kind.findings(on: database) }
        try checkContents(progress: progress)
    }

    private mutating func checkPages() throws {
        let query = try Query(dynamicSQL: "PRAGMA integrity_check(\(CheckFinding.maxOfKind))", on: database)
        while try query.step() {
            if query.text(0) != "ok" { findings.append("SQLite: \(query.text(0))") }
        }
    }

    /// Checks that the heads have the number of logs and destinations, and that no log comes after its head.
    private mutating func checkHeads() throws {
        let query = try Query(
            """
            SELECT o.id, o.sequence, o.deleted, o.destinations, count(l.place), max(l.place), ifnull(sum(l.destinations), 0)
            FROM organisations o LEFT JOIN send_logs l ON l.place > o.id << 40 AND l.place < (o.id + 1) << 40
            GROUP BY o.id
            """,
            on: database
        )
        while try query.step() {
            findings += CheckFinding.head(
                of: query.integer(0),
                stored: (query.integer(1), query.integer(2), query.integer(3)),
                counted: (query.integer(4), RowID(rawValue: query.integer(5)).sequence.number, query.integer(6))
            )
        }
    }

    /// Checks that each log's digest matches its record and destination list, and that each list has the stored length.
    private mutating func checkContents(progress: (_ done: Int, _ total: Int) -> Void) throws {
        let total = try count("SELECT count(*) FROM send_logs")
        let logs = try Query(dynamicSQL: Self.contentsSQL, on: database)
        var (done, wrong) = (0, 0)
        while try logs.step(), wrong < CheckFinding.maxOfKind {
            if let fault = try fault(of: logs) {
                let rowID = logs.integer(0)
                findings.append(CheckFinding.sendLog(RowID(rawValue: rowID).sequence.number, of: rowID >> 40, fault))
                wrong += 1
            }
            done += 1
            if done % 1000 == 0 { progress(done, total) }
        }
        progress(done, total)
        let orphanedChunks = try count(
            "SELECT count(*) FROM destination_chunks WHERE place NOT IN (SELECT place FROM send_logs)"
        )
        let misplacedLogs = try count(
            """
            SELECT count(*) FROM send_logs
            WHERE organisation <> place >> 40 OR organisation NOT IN (SELECT id FROM organisations)
            """
        )
        if misplacedLogs > 0 { findings.append("\(misplacedLogs) send logs have a row ID of another organisation") }
        if let finding = CheckFinding.orphanedChunks(Int64(orphanedChunks)) { findings.append(finding) }
    }

    private func count(_ sql: StaticString) throws -> Int {
        let query = try Query(sql, on: database)
        return try query.step() ? Int(query.integer(0)) : 0
    }

    /// Reads send logs with the columns that ``fault(of:)`` compares.
    static let contentsSQL = """
        SELECT l.place, l.destinations, l.digest, l.record, l.start, \(PackedID.sql(of: "l.id")), \(PackedID.sql(of: "c.id"))
        FROM send_logs l LEFT JOIN campaigns c ON c.number = l.campaign AND c.organisation = l.organisation
        """

    /// Returns what is wrong with the send log of a row of ``contentsSQL``; `nil` if nothing is.
    func fault(of log: borrowing Query) throws -> String? { try fault(inListOf: log) ?? fault(inColumnsOf: log) }

    private func fault(inColumnsOf log: borrowing Query) -> String? {
        ContentCheck.fault(
            id: log.text(5),
            campaign: log.text(6),
            start: Timestamp(milliseconds: log.integer(4)),
            record: log.bytes(3)
        )
    }

    private func fault(inListOf log: borrowing Query) throws -> String? {
        var chunks = try Query(
            """
            SELECT number, count, length, crc, body FROM destination_chunks WHERE place = ? ORDER BY number
            """,
            on: database
        )
        try chunks.bind(log.integer(0))
        var check = ContentCheck()
        while try chunks.step() {
            let chunk = DestinationChunk(
                count: Int(chunks.integer(1)),
                length: Int(chunks.integer(2)),
                crc: UInt32(truncatingIfNeeded: chunks.integer(3)),
                body: chunks.bytes(4)
            )
            check.add(chunk, number: Int(chunks.integer(0)))
        }
        return check.fault(record: log.bytes(3), destinations: Int(log.integer(1)), digest: log.bytes(2))
    }
}
