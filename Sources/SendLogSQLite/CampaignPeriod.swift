import SendLogCore

/// The send logs of the days that a period of a campaign query cuts, counted by campaign.
///
/// Counters give all other days. A day can have a million send logs, so they are read in slices, each in a snapshot of
/// its own. The last snapshot, which has the counters, adds what was recorded since the first.
struct CampaignPeriod {
    let range: ClosedRange<Timestamp>
    private let plan: TotalsPlan
    private let organisation: OrganisationID
    /// What to add to the counters of each campaign, by its number.
    private var changes: [Int64: SendTotals] = [:]
    /// The head in the first snapshot.
    private var head: LogHead?
    /// The index of the part of a day that is read next.
    private var part = 0
    /// The last send log that was read of it.
    private var last: (start: Timestamp, sequence: SequenceNumber)?

    /// The maximum number of send logs that are read in one snapshot, which takes some 50 ms.
    static let maxSlice = 50_000

    init(_ range: ClosedRange<Timestamp>, organisation: OrganisationID) {
        (self.range, self.organisation) = (range, organisation)
        plan = TotalsPlan([range])
    }

    /// Whether all parts of days were read.
    var isRead: Bool { part >= plan.parts.count }

    /// The days that the counters give, as days since 1970-01-01; an empty range if there are none.
    var days: (first: Int, last: Int) {
        (plan.days.first?.range.lowerBound ?? 1, plan.days.last?.range.upperBound ?? 0)
    }

    /// What to add to the counters, as an array in JSON of campaign number, send logs and destinations.
    var json: String {
        var json = Array("[".utf8)
        for (campaign, change) in changes {
            json += json.count > 1 ? ",[".utf8 : "[".utf8
            json.appendDecimal(campaign)
            json.append(UInt8(ascii: ","))
            json.appendDecimal(change.sends)
            json.append(UInt8(ascii: ","))
            json.appendDecimal(change.destinations)
            json.append(UInt8(ascii: "]"))
        }
        json.append(UInt8(ascii: "]"))
        return String(decoding: json, as: UTF8.self)
    }

    /// Reads the next send logs, at most a number of them.
    mutating func readSlice(of size: Int = maxSlice, on database: Connection) throws {
        let now = try Self.head(of: organisation, on: database)
        let asOf = (head ?? now).lastSequence
        head = head ?? now
        var left = size
        while left > 0, !isRead {
            let read = try readPart(asOf: asOf, atMost: left, on: database)
            if read < left { (part, last) = (part + 1, nil) }
            left -= read
        }
    }

    /// Adds what was recorded since the first snapshot, in the snapshot of the caller.
    ///
    /// If send logs were deleted meanwhile, everything is read again, because they may have been counted.
    mutating func complete(on database: Connection) throws {
        guard let head else { return }
        let now = try Self.head(of: organisation, on: database)
        if head.gaps != now.gaps {
            self = CampaignPeriod(range, organisation: organisation)
            while !isRead { try readSlice(on: database) }
            return
        }
        guard head.lastSequence < now.lastSequence else { return }
        var query = try Query(Self.newSQL, on: database)
        try query.bind(RowID(organisation, head.lastSequence).rawValue, RowID(organisation, now.lastSequence).rawValue)
        while try query.step() {
            let start = query.integer(0)
            for part in plan.parts
            where (part.range.lowerBound.milliseconds...part.range.upperBound.milliseconds)
                .contains(start)
            {
                try add(query, of: part)
            }
        }
    }

    private static let newSQL: StaticString =
        "SELECT start, place, campaign, destinations FROM send_logs WHERE place > ? AND place <= ?"

    /// Returns the head of an organisation, which is empty if the organisation does not exist.
    private static func head(of organisation: OrganisationID, on database: Connection) throws -> LogHead {
        do { return try LogHead(of: organisation, on: database) } catch StoreError.notFound { return .empty }
    }

    /// - Returns: the number of send logs that were read.
    private mutating func readPart(asOf: SequenceNumber, atMost count: Int, on database: Connection) throws -> Int {
        let part = plan.parts[part]
        let logs = LogRange(
            from: part.range.lowerBound,
            to: part.range.upperBound,
            order: .oldestFirst,
            after: last,
            asOf: RowID(organisation, asOf),
            organisation: organisation
        )
        var (read, end) = (0, last)
        try logs.forEach(
            .organisation(organisation.number),
            columns: Self.columns,
            offset: 0,
            count: count,
            on: database
        ) { row in
            try add(row, of: part)
            read += 1
            end = Timestamp(milliseconds: row.integer(0)).map { ($0, RowID(rawValue: row.integer(1)).sequence) }
            return false
        }
        last = end
        return read
    }

    static let columns = "start, place, campaign, destinations"

    /// Adds a row with ``columns``.
    private mutating func add(_ row: borrowing Query, of part: TotalsPlan.Part) throws {
        let log = SendTotals(sends: 1, destinations: try row.count(3))
        try changes[row.integer(2), default: SendTotals()].add(part.subtractedFrom == nil ? log : log.negated)
    }
}
