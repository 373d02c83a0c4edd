import SendLogContent
import SendLogCore

/// Records logs of one organisation, each of which may be there already.
struct RecordingCall {
    let organisation: OrganisationID
    let connection: Connection
    let heads: KnownHeads

    /// A log that was there, or that came first in this call.
    private struct Earlier {
        let stored: StoredSendLog
        let start: Timestamp
        let digest: [UInt8]
    }

    /// How many bytes of a long list are sent at once.
    private static let staging = 1 << 20

    /// - Returns: what became of each log, in the order given.
    /// - Throws: ``PostgresFailure``; ``StoreError`` where a long list cannot be read back or there is no such organisation.
    func record(_ logs: [DigestedSendLog]) throws -> [Recording] {
        var firsts: [SendLogID: Int] = [:]
        var pending: [Int] = []
        for (place, log) in logs.enumerated() where firsts[log.log.id] == nil {
            firsts[log.log.id] = place
            pending.append(place)
        }
        var outcomes = [Recording](repeating: .conflict, count: logs.count)
        var earlier: [Int: Earlier] = [:]
        var written = SequenceNumber(0)
        let floor = heads.head(of: organisation) ?? SequenceNumber(0)
        while !pending.isEmpty {
            let answer = try write(pending.map { logs[$0] })
            guard answer.count > 0 else { throw StoreError.damaged(detail: "the organisation does not exist") }
            if answer.integer(0, 0) == 0 {
                let first = answer.integer(0, 1)
                for (offset, place) in pending.enumerated() {
                    let log = logs[place].log
                    let stored = StoredSendLog(
                        sequence: SequenceNumber(first + Int64(offset)),
                        record: log.record,
                        destinations: log.destinations.count
                    )
                    outcomes[place] = .recorded(stored)
                    written = max(written, stored.sequence)
                    if firsts.count < logs.count {
                        earlier[place] = Earlier(stored: stored, start: log.start, digest: logs[place].digest)
                    }
                }
                break
            }
            var found: Set<Int> = []
            for row in 0..<answer.count {
                let place = pending[Int(answer.integer(row, 0)) - 1]
                let known = try Self.earlier(answer, row)
                outcomes[place] = compare(logs[place], with: known, above: floor)
                if case .recorded(let own) = outcomes[place] { written = max(written, own.sequence) }
                earlier[place] = known
                found.insert(place)
            }
            pending.removeAll { found.contains($0) }
        }
        if written.number > 0 { heads.note(written, of: organisation) }
        for (place, log) in logs.enumerated() {
            guard let first = firsts[log.log.id], first != place, let known = earlier[first] else { continue }
            outcomes[place] = log.outcome(against: known.stored, startingAt: known.start, digest: known.digest)
        }
        return outcomes
    }

    private func compare(
        _ log: DigestedSendLog,
        with earlier: Earlier,
        above floor: SequenceNumber
    ) -> Recording {
        let outcome = log.outcome(against: earlier.stored, startingAt: earlier.start, digest: earlier.digest)
        // What our own first try recorded, whose connection broke before it could tell, is recorded now.
        guard connection.isRepeating, case .existing(let stored) = outcome,
            stored.sequence > floor
        else { return outcome }
        return .recorded(stored)
    }

    private static func earlier(_ answer: Rows, _ row: Int) throws -> Earlier {
        guard let start = Timestamp(milliseconds: answer.integer(row, 2)) else {
            throw StoreError.damaged(detail: "a log's start is out of range")
        }
        let stored = StoredSendLog(
            sequence: SequenceNumber(answer.integer(row, 1)),
            record: answer.bytes(row, 5),
            destinations: try answer.count(row, 3)
        )
        return Earlier(stored: stored, start: start, digest: answer.bytes(row, 4))
    }

    /// Writes the logs if none of them is there.
    ///
    /// - Returns: what `record_sends` answers.
    private func write(_ logs: [DigestedSendLog]) throws -> Rows {
        guard logs.contains(where: \.log.destinations.isSpooled) else { return try call(logs, staged: []) }
        // Long lists go ahead piece by piece, so that neither side holds one in memory, and before the organisation's head row is locked.
        // They get their places when their logs have them.
        var answer: Rows?
        do {
            try connection.transaction {
                let staged = try logs.map { log in log.log.destinations.isSpooled ? try stage(log.log.destinations) : 0
                }
                let rows = try call(logs, staged: staged)
                answer = rows
                if rows.count == 0 || rows.integer(0, 0) != 0 { throw NothingWritten() }
            }
        } catch is NothingWritten {}
        guard let answer else { throw StoreError.damaged(detail: "a call has no answer") }
        return answer
    }

    /// Ends a transaction in which lists went ahead of logs that are there already.
    private struct NothingWritten: Error {}

    /// Writes a list under a place that no log has.
    private func stage(_ list: DestinationList) throws -> Int64 {
        let place = -Int64.random(in: 1...Int64.max)
        var chunks = ChunkArrays()
        var number = 0
        func write() throws {
            var parameters = Parameters()
            parameters.add(organisation.number)
            parameters.add(place)
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
            chunks.append(chunk, place: 0, number: number)
            number += 1
            if chunks.weight >= Self.staging { try write() }
        }
        if chunks.weight > 0 { try write() }
        return place
    }

    private func call(_ logs: [DigestedSendLog], staged: [Int64]) throws -> Rows {
        var parameters = Parameters()
        parameters.add(organisation.number)
        parameters.add(texts: logs.lazy.map(\.log.id.text))
        parameters.add(texts: logs.lazy.map(\.log.campaignID.text))
        parameters.add(bigints: logs.lazy.map(\.log.start.milliseconds))
        parameters.add(integers: logs.lazy.map(\.log.start.day.number))
        parameters.add(integers: logs.lazy.map(\.log.destinations.count))
        parameters.add(byteStrings: logs.lazy.map(\.digest))
        parameters.add(byteStrings: logs.lazy.map(\.log.record))
        parameters.add(bigints: staged)
        var chunks = ChunkArrays()
        for (offset, log) in logs.enumerated() where !log.log.destinations.isSpooled {
            var number = 0
            try log.log.destinations.forEachChunk { chunk in
                chunks.append(chunk, place: offset + 1, number: number)
                number += 1
            }
        }
        chunks.add(to: &parameters)
        return try connection.rows(
            "SELECT * FROM record_sends($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            parameters
        )
    }
}
