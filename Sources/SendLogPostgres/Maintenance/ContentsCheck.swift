import SendLogContent
import SendLogCore

/// Compares every log of an organisation with its digest and its list of destinations.
struct ContentsCheck {
    let connection: Connection
    let organisation: Int64
    private(set) var findings: [String] = []
    /// The number of logs checked so far.
    private(set) var done = 0

    /// The number of chunks in memory at once; a chunk has some tens of kilobytes.
    private static let chunkBatchSize = 64

    init(connection: Connection, organisation: Int64) {
        self.connection = connection
        self.organisation = organisation
    }

    /// Checks the send logs after a sequence number.
    mutating func run(after first: Int64 = 0, progress: (_ done: Int) -> Void) throws {
        var last = first
        while findings.count < CheckFinding.maxOfKind {
            var parameters = DatabaseCheck.parameters(organisation)
            parameters.add(last)
            let logs = try connection.rows(
                """
                SELECT seq, start, destinations, id, campaign, digest, record FROM send_logs
                WHERE org_id = $1 AND seq > $2 ORDER BY seq LIMIT 100
                """,
                parameters
            )
            if logs.count == 0 { return }
            try check(logs)
            last = logs.integer(logs.count - 1, 0)
            done += logs.count
            progress(done)
        }
    }

    private mutating func check(_ logs: Rows) throws {
        var chunks = Chunks(
            connection: connection,
            organisation: organisation,
            first: logs.integer(0, 0),
            last: logs.integer(logs.count - 1, 0)
        )
        for row in 0..<logs.count {
            let sequence = logs.integer(row, 0)
            var check = ContentCheck()
            while let chunk = try chunks.next(of: sequence) { check.add(chunk.chunk, number: chunk.number) }
            let record = logs.bytes(row, 6)
            let fault =
                check.fault(record: record, destinations: Int(logs.integer(row, 2)), digest: logs.bytes(row, 5))
                ?? ContentCheck.fault(
                    id: logs.text(row, 3),
                    campaign: logs.text(row, 4),
                    start: Timestamp(milliseconds: logs.integer(row, 1)),
                    record: record
                )
            if let fault {
                findings.append(CheckFinding.sendLog(sequence, of: organisation, fault))
            }
        }
    }

    /// The chunks of consecutive logs in sequence order, one batch in memory at a time.
    private struct Chunks {
        let connection: Connection
        let organisation: Int64
        let last: Int64
        /// The sequence number and chunk number of the chunk fetched last.
        private var lastFetched: (sequence: Int64, number: Int64)
        private var rows: Rows?
        private var row = 0

        init(connection: Connection, organisation: Int64, first: Int64, last: Int64) {
            self.connection = connection
            self.organisation = organisation
            self.last = last
            lastFetched = (first, -1)
        }

        /// Returns the next chunk of a log; skips chunks of earlier sequence numbers, whose logs do not exist.
        mutating func next(of sequence: Int64) throws -> (chunk: DestinationChunk, number: Int)? {
            while true {
                if rows == nil || row == rows?.count {
                    // A batch that is not full is the last one.
                    if let rows, rows.count < ContentsCheck.chunkBatchSize { return nil }
                    try fetch()
                }
                guard let rows, row < rows.count else { return nil }
                let found = rows.integer(row, 0)
                if found > sequence { return nil }
                row += 1
                if found < sequence { continue }
                let chunk = DestinationChunk(
                    count: Int(rows.integer(row - 1, 2)),
                    length: Int(rows.integer(row - 1, 3)),
                    crc: UInt32(truncatingIfNeeded: rows.integer(row - 1, 4)),
                    body: rows.bytes(row - 1, 5)
                )
                return (chunk, Int(rows.integer(row - 1, 1)))
            }
        }

        private mutating func fetch() throws {
            var parameters = DatabaseCheck.parameters(organisation)
            parameters.add(lastFetched.sequence, Int32(clamping: Int(lastFetched.number)), last)
            let next = try connection.rows(
                """
                SELECT seq, number, count, length, crc, body FROM destination_chunks
                WHERE org_id = $1 AND (seq, number) > ($2, $3) AND seq <= $4
                ORDER BY seq, number LIMIT \(ContentsCheck.chunkBatchSize)
                """,
                parameters
            )
            if next.count > 0 { lastFetched = (next.integer(next.count - 1, 0), next.integer(next.count - 1, 1)) }
            (rows, row) = (next, 0)
        }
    }
}
