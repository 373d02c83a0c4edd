import SendLogContent
import SendLogCore

/// Records logs of one organisation, each of which may already exist.
struct RecordingCall {
    let organisation: OrganisationID
    let connection: Connection
    let heads: LastRecordedSequences
    /// The time to wait for the organisation's head row, in seconds.
    let lockTimeout: Int

    /// A log that is already stored, or that came earlier in this call.
    private struct ExistingLog {
        let stored: StoredSendLog
        let start: Timestamp
        let digest: [UInt8]
    }

    /// The number of bytes of a long list in one `INSERT`.
    private static let maxStagedBytes = 1 << 20

    /// Records logs.
    ///
    /// - Returns: the outcome of each log, in the order given.
    /// - Throws: ``PostgresFailure``; ``StoreError`` if a long list cannot be read back, or the organisation does not
    ///   exist.
    func record(_ logs: [PreparedSendLog]) throws -> [RecordingOutcome] {
        var firsts: [SendLogID: Int] = [:]
        var pending: [Int] = []
        for (index, log) in logs.enumerated() where firsts[log.id] == nil {
            firsts[log.id] = index
            pending.append(index)
        }
        var outcomes = [RecordingOutcome](repeating: .conflict(fields: []), count: logs.count)
        var existingLogs: [Int: ExistingLog] = [:]
        var written = SequenceNumber(0)
        let floor = heads.head(of: organisation) ?? SequenceNumber(0)
        while !pending.isEmpty {
            let answer = try write(pending.map { logs[$0] })
            guard answer.count > 0 else { throw StoreError.notFound }
            if answer.integer(0, 0) == 0 {
                let first = answer.integer(0, 1)
                for (offset, index) in pending.enumerated() {
                    let log = logs[index]
                    let stored = StoredSendLog(
                        sequence: SequenceNumber(first + Int64(offset)),
                        record: log.record,
                        destinations: log.destinations.count,
                        digest: log.digest
                    )
                    outcomes[index] = .recorded(stored)
                    written = max(written, stored.sequence)
                    if firsts.count < logs.count {
                        existingLogs[index] = ExistingLog(stored: stored, start: log.start, digest: log.digest)
                    }
                }
                break
            }
            var found: Set<Int> = []
            for row in 0..<answer.count {
                let index = pending[Int(answer.integer(row, 0)) - 1]
                let known = try Self.existingLog(answer, row)
                outcomes[index] = compare(logs[index], with: known, above: floor)
                if case .recorded(let own) = outcomes[index] { written = max(written, own.sequence) }
                existingLogs[index] = known
                found.insert(index)
            }
            pending.removeAll { found.contains($0) }
        }
        if written.number > 0 { heads.record(written, of: organisation) }
        for (index, log) in logs.enumerated() {
            guard let first = firsts[log.id], first != index, let known = existingLogs[first] else { continue }
            outcomes[index] = log.outcome(against: known.stored, startingAt: known.start, digest: known.digest)
        }
        return outcomes
    }

    private func compare(
        _ log: PreparedSendLog,
        with existingLog: ExistingLog,
        above floor: SequenceNumber
    ) -> RecordingOutcome {
        let outcome = log.outcome(
            against: existingLog.stored,
            startingAt: existingLog.start,
            digest: existingLog.digest
        )
        // On a retry, a log above the floor was recorded by the first attempt, whose connection broke before the result
        // arrived: it counts as recorded.
        guard connection.isRetry, case .existing(let stored) = outcome,
            stored.sequence > floor
        else { return outcome }
        return .recorded(stored)
    }

    private static func existingLog(_ answer: Rows, _ row: Int) throws -> ExistingLog {
        guard let start = Timestamp(milliseconds: answer.integer(row, 2)) else {
            throw StoreError.corrupted(detail: "a log's start is out of range")
        }
        let stored = StoredSendLog(
            sequence: SequenceNumber(answer.integer(row, 1)),
            record: answer.bytes(row, 5),
            destinations: try answer.count(row, 3),
            digest: answer.bytes(row, 4)
        )
        return ExistingLog(stored: stored, start: start, digest: answer.bytes(row, 4))
    }

    /// Writes the logs if none of them exists.
    ///
    /// - Returns: the result of `record_sends`.
    private func write(_ logs: [PreparedSendLog]) throws -> Rows {
        guard logs.contains(where: \.destinations.isSpooled) else { return try call(logs, staged: []) }
        // Long lists are staged chunk by chunk, so that neither client nor server holds a whole list in memory, and
        // before the organisation's head row is locked. `record_sends` then gives them their logs' sequence numbers.
        var answer: Rows?
        do {
            try connection.transaction {
                let staged = try logs.map { log in log.destinations.isSpooled ? try stage(log.destinations) : 0
                }
                let rows = try call(logs, staged: staged)
                answer = rows
                if rows.count == 0 || rows.integer(0, 0) != 0 { throw NothingWritten() }
            }
        } catch is NothingWritten {}
        guard let answer else { throw StoreError.corrupted(detail: "a call has no result") }
        return answer
    }

    /// Rolls back a transaction with staged lists for which `record_sends` wrote no logs.
    private struct NothingWritten: Error {}

    /// Writes a list under a random negative sequence number, which no log has.
    ///
    /// - Returns: that number.
    private func stage(_ list: DestinationList) throws -> Int64 {
        let stagingSequence = -Int64.random(in: 1...Int64.max)
        var chunks = ChunkArrays()
        var number = 0
        func write() throws {
            var parameters = Parameters(organisation.number, stagingSequence)
            chunks.add(to: &parameters)
            _ = try connection.rows(
                """
                INSERT INTO destination_chunks (org_id, seq, number, count, length, crc, body)
                SELECT h.org_id, $2 + 0 * c.place, c.number, c.count, c.length, c.crc, c.body
                FROM organisation_heads h
                CROSS JOIN unnest($3, $4, $5, $6, $7, $8) c (place, number, count, length, crc, body)
                WHERE h.org_id = $1
                """,
                parameters
            )
            chunks = ChunkArrays()
        }
        try list.forEachChunk { chunk in
            chunks.append(chunk, logIndex: 0, number: number)
            number += 1
            if chunks.weight >= Self.maxStagedBytes { try write() }
        }
        if chunks.weight > 0 { try write() }
        return stagingSequence
    }

    private func call(_ logs: [PreparedSendLog], staged: [Int64]) throws -> Rows {
        var parameters = Parameters(organisation.number, logs.map(\.id.text), logs.map(\.campaignID.text))
        parameters.add(logs.map(\.start.milliseconds), logs.map { Int32(clamping: $0.start.day.number) })
        parameters.add(
            logs.map { Int32(clamping: $0.destinations.count) },
            logs.map { ByteString($0.digest) },
            logs.map { ByteString($0.record) }
        )
        parameters.add(staged)
        var chunks = ChunkArrays()
        for (offset, log) in logs.enumerated() where !log.destinations.isSpooled {
            var number = 0
            try log.destinations.forEachChunk { chunk in
                chunks.append(chunk, logIndex: offset + 1, number: number)
                number += 1
            }
        }
        chunks.add(to: &parameters)
        parameters.add("\(lockTimeout)s")
        return try connection.rows(
            "SELECT * FROM record_sends($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            parameters
        )
    }
}
