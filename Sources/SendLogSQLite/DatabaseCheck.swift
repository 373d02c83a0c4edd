import SendLogContent
import SendLogCore

/// Looks for contradictions in a database, within one read transaction.
struct DatabaseCheck {
    let database: Connection
    private(set) var findings: [String] = []

    /// How many contradictions of one kind are told one by one.
    private static let most = 20
    private static let day = "((start - ((start % 86400000) + 86400000) % 86400000) / 86400000)"
    private static let block = "(((place & 1099511627775) - 1) / \(CounterBlock.size))"

    init(database: Connection) {
        self.database = database
    }

    mutating func run(progress: (_ done: Int, _ total: Int) -> Void) throws {
        try checkPages()
        // Where pages are damaged nothing else can be believed.
        guard findings.isEmpty else { return }
        try checkPlaces()
        try checkCounters("organisation")
        try checkCounters("campaign")
        try checkContents(progress: progress)
    }

    private mutating func checkPages() throws {
        let query = try Query(made: "PRAGMA integrity_check(\(Self.most))", on: database)
        while try query.step() {
            if query.text(0) != "ok" { findings.append("SQLite: \(query.text(0))") }
        }
    }

    /// Places must run from 1 to the head without gaps, and the head must hold the sum of destinations.
    private mutating func checkPlaces() throws {
        let query = try Query(
            """
            SELECT o.id, o.sequence, o.destinations, count(l.place), ifnull(min(l.place), 0), ifnull(max(l.place), 0),
                ifnull(sum(l.destinations), 0)
            FROM organisations o LEFT JOIN send_logs l ON l.place > o.id << 40 AND l.place < (o.id + 1) << 40
            GROUP BY o.id
            """,
            on: database
        )
        while try query.step() {
            let (head, count) = (query.integer(1), query.integer(3))
            let first = Place(rowID: query.integer(4)).sequence.number
            let last = Place(rowID: query.integer(5)).sequence.number
            let name = "organisation \(query.integer(0))"
            if count != head || head > 0 && (first != 1 || last != head) {
                findings.append("\(name): \(count) send logs at places \(first) to \(last), but \(head) were counted")
            }
            if query.integer(6) != query.integer(2) {
                findings.append("\(name): \(query.integer(6)) destinations, but \(query.integer(2)) were counted")
            }
        }
    }

    /// The counters by day must be what a full count gives.
    private mutating func checkCounters(_ owner: String) throws {
        let counted = """
            SELECT \(owner), \(Self.day), \(Self.block), count(*), sum(destinations) FROM send_logs GROUP BY 1, 2, 3
            """
        let kept = "SELECT \(owner), day, block, sends, destinations FROM \(owner)_days"
        for (left, right, what) in [(counted, kept, "is missing"), (kept, counted, "is too much")] {
            let query = try Query(
                made: "SELECT * FROM (\(left)) EXCEPT SELECT * FROM (\(right)) LIMIT \(Self.most)",
                on: database
            )
            while try query.step() {
                findings.append(
                    "\(owner) \(query.integer(0)), day \(query.integer(1)), block \(query.integer(2)): a count of "
                        + "\(query.integer(3)) sends with \(query.integer(4)) destinations \(what)"
                )
            }
        }
    }

    /// Every log's digest must be that of its record and list, and every list as long as is said.
    private mutating func checkContents(progress: (_ done: Int, _ total: Int) -> Void) throws {
        let total = try count("SELECT count(*) FROM send_logs")
        let logs = try Query(
            made: """
                SELECT l.place, l.destinations, l.digest, l.record, l.start, \(PackedID.sql(of: "l.id")), \(PackedID.sql(of: "c.id"))
                FROM send_logs l LEFT JOIN campaigns c ON c.number = l.campaign AND c.organisation = l.organisation
                """,
            on: database
        )
        var (done, wrong) = (0, 0)
        while try logs.step(), wrong < Self.most {
            if let fault = try fault(inListOf: logs) ?? fault(inColumnsOf: logs) {
                let place = logs.integer(0)
                findings.append(
                    "organisation \(place >> 40), send log at place \(Place(rowID: place).sequence.number): \(fault)"
                )
                wrong += 1
            }
            done += 1
            if done % 1000 == 0 { progress(done, total) }
        }
        progress(done, total)
        let lost = try count("SELECT count(*) FROM destination_chunks WHERE place NOT IN (SELECT place FROM send_logs)")
        let strays = try count(
            """
            SELECT count(*) FROM send_logs
            WHERE organisation <> place >> 40 OR organisation NOT IN (SELECT id FROM organisations)
            """
        )
        if strays > 0 { findings.append("\(strays) send logs are in the place of another organisation") }
        if lost > 0 { findings.append("\(lost) chunks of destinations belong to no send log") }
    }

    private func count(_ sql: StaticString) throws -> Int {
        let query = try Query(sql, on: database)
        return try query.step() ? Int(query.integer(0)) : 0
    }

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
