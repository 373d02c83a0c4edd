import GRDB
import SendLogContent
import SendLogCore

/// A transaction that records logs: it inserts the rows first, and updates counters and heads once at the end.
struct RecordingTransaction {
    private let database: Connection
    private let campaigns: CampaignNumberCache
    private var heads: [OrganisationID: Head] = [:]
    private var derived = DerivedChanges()

    private struct Head {
        var sequence: SequenceNumber
        var added = CounterChanges<Int64>.Count()
    }

    init(_ database: Connection, campaigns: CampaignNumberCache) {
        self.database = database
        self.campaigns = campaigns
    }

    mutating func record(_ logs: [PreparedSendLog], in organisation: OrganisationID) throws -> [RecordingOutcome] {
        var head = try heads[organisation] ?? readHead(organisation)
        defer { heads[organisation] = head }
        return try logs.map { log in
            let sequence = SequenceNumber(head.sequence.number + 1)
            guard let campaign = try insert(log, as: sequence, in: organisation) else {
                return try compare(log, in: organisation)
            }
            let change = LogChange(recording: log, as: sequence, of: campaign, in: organisation)
            head.sequence = sequence
            head.added.add(change)
            derived.add(change)
            return .recorded(
                StoredSendLog(
                    sequence: sequence,
                    record: log.record,
                    destinations: log.destinations.count,
                    digest: log.digest
                )
            )
        }
    }

    /// Writes the heads and the derived data, as the last step of the transaction.
    func finish() throws {
        for (organisation, head) in heads where head.added.sends > 0 {
            var query = try Query(
                "UPDATE organisations SET sequence = ?, destinations = destinations + ? WHERE id = ?",
                on: database
            )
            try query.bind(head.sequence.number)
            try query.bind(head.added.destinations)
            try query.bind(organisation.number)
            try query.run()
        }
        try derived.write(on: database)
    }

    private func readHead(_ organisation: OrganisationID) throws -> Head {
        Head(sequence: try LogHead(of: organisation, on: database).lastSequence)
    }

    /// Inserts a log and its destination chunks.
    ///
    /// - Parameters:
    ///   - log: the log to insert
    ///   - sequence: the log's sequence number
    ///   - organisation: the organisation that owns the log
    /// - Returns: the campaign's number, or `nil` if the ID is taken; nothing is written then.
    /// - Throws: the errors of the database, or of reading the destinations.
    private func insert(
        _ log: PreparedSendLog,
        as sequence: SequenceNumber,
        in organisation: OrganisationID
    ) throws -> Int64? {
        let id = PackedID(log.id)
        let campaign: Int64
        let key = CampaignNumberCache.Key(organisation: organisation, campaign: log.campaignID)
        if let known = campaigns.number(for: key) {
            campaign = known
        } else {
            // Check the ID before adding the campaign: a log that is not inserted must not leave an empty campaign.
            if try isTaken(id, in: organisation) { return nil }
            campaign = try campaignNumber(log.campaignID, in: organisation)
            campaigns.insert(campaign, for: key)
        }
        let rowID = RowID(organisation, sequence)
        var query = try Query(
            """
            INSERT INTO send_logs (place, organisation, id, campaign, start, destinations, digest, record)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (organisation, id) DO NOTHING
            """,
            on: database
        )
        try query.bind(rowID.rawValue)
        try query.bind(organisation.number)
        try query.bind(id)
        try query.bind(campaign)
        try query.bind(log.start.milliseconds)
        try query.bind(log.destinations.count)
        try query.bind(log.digest)
        try query.bind(log.record)
        try query.run()
        if database.affectedRows == 0 { return nil }
        var number = 0
        try log.destinations.forEachChunk { chunk in
            try insert(chunk, number: number, at: rowID)
            number += 1
        }
        return campaign
    }

    private func insert(_ chunk: DestinationChunk, number: Int, at rowID: RowID) throws {
        var query = try Query(
            "INSERT INTO destination_chunks (place, number, count, length, crc, body) VALUES (?, ?, ?, ?, ?, ?)",
            on: database
        )
        try query.bind(rowID.rawValue)
        try query.bind(number)
        try query.bind(chunk.count)
        try query.bind(chunk.length)
        try query.bind(chunk.crc)
        try query.bind(chunk.body)
        try query.run()
    }

    private func isTaken(_ id: PackedID, in organisation: OrganisationID) throws -> Bool {
        var query = try Query("SELECT 1 FROM send_logs WHERE organisation = ? AND id = ?", on: database)
        try query.bind(organisation.number)
        try query.bind(id)
        return try query.step()
    }

    private func campaignNumber(_ id: CampaignID, in organisation: OrganisationID) throws -> Int64 {
        if let known = try database.campaignNumber(id, in: organisation) { return known }
        var query = try Query("INSERT INTO campaigns (organisation, id) VALUES (?, ?)", on: database)
        try query.bind(organisation.number)
        try query.bind(PackedID(id))
        try query.run()
        return database.lastInsertedRowID
    }

    /// Compares a log with the stored log of the same ID: it is either a repetition or a conflict.
    private func compare(_ log: PreparedSendLog, in organisation: OrganisationID) throws -> RecordingOutcome {
        var query = try Query(
            "SELECT place, start, destinations, digest, record FROM send_logs WHERE organisation = ? AND id = ?",
            on: database
        )
        try query.bind(organisation.number)
        try query.bind(PackedID(log.id))
        guard try query.step(), let start = Timestamp(milliseconds: query.integer(1)) else {
            throw StoreError.corrupted(detail: "the send log of an existing ID does not exist")
        }
        let stored = StoredSendLog(
            sequence: RowID(rawValue: query.integer(0)).sequence,
            record: query.bytes(4),
            destinations: try query.count(2),
            digest: query.bytes(3)
        )
        return log.outcome(against: stored, startingAt: start, digest: query.bytes(3))
    }
}

extension Connection {
    /// Returns the number of a campaign, or `nil` if the organisation has no campaign with that ID.
    func campaignNumber(_ id: CampaignID, in organisation: OrganisationID) throws -> Int64? {
        var query = try Query("SELECT number FROM campaigns WHERE organisation = ? AND id = ?", on: self)
        try query.bind(organisation.number)
        try query.bind(PackedID(id))
        return try query.step() ? query.integer(0) : nil
    }
}
