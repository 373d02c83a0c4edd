import SendLogCore

/// Fetches a stretch of a search's logs in the order of the answer, as many as fit into a block.
///
/// What is seen depends on `as_of` alone, whatever is recorded meanwhile: logs never change.
struct RowQuery {
    let organisation: OrganisationID
    let campaigns: [CampaignID]?
    let order: SortOrder
    let from: Timestamp
    let to: Timestamp
    /// The last log in the order of recording that is seen.
    let asOf: SequenceNumber
    /// The log behind which the stretch begins, or `nil` for its beginning.
    let after: (start: Timestamp, sequence: SequenceNumber)?
    /// How many logs to pass over.
    let offset: Int
    /// How many to fetch at most.
    let count: Int

    /// The length of an ordinary row, in bytes: as many rows are fetched at once as fit into a block then.
    private static let ordinary = 300
    /// Longer records, in bytes, are fetched once it is clear that they fit, so that a page of long messages needs no memory for all.
    private static let longest = 4096
    /// Up to so many campaigns are merged from their places in the index; of more, each is looked up and all that was found is sorted.
    private static let mostMerged = 16

    /// The rows: seq, start, destinations, record, its length and, where there is no filter, the head of the organisation.
    ///
    /// - Parameters:
    ///   - connection: where to
    ///   - block: what the rows are for
    /// - Returns: rows, of which long ones have NULL in their record's place; ``longRecords(_:of:on:)`` fetches it.
    /// - Throws: ``PostgresFailure``.
    func run(on connection: Connection, for block: RowBlock) throws -> Rows {
        var parameters = Parameters()
        parameters.add(organisation.number)
        parameters.add(from.milliseconds)
        parameters.add(to.milliseconds)
        parameters.add(asOf.number)
        parameters.add(min(count, block.size / Self.ordinary))
        parameters.add(offset)
        if let after {
            parameters.add(after.start.milliseconds)
            parameters.add(after.sequence.number)
        }
        let number = campaigns.map(\.count) ?? 0
        if let campaigns, number > Self.mostMerged {
            parameters.add(texts: campaigns.map(\.text))
        } else if let campaigns {
            // Statements for a few numbers of campaigns do for all; what is empty is no campaign.
            for place in 0..<Self.slots(number) { parameters.add(place < number ? campaigns[place].text : "") }
        }
        return try connection.rows(
            Self.sql(campaigns: campaigns.map { Self.slots($0.count) }, order: order, isContinued: after != nil),
            parameters
        )
    }

    private static func slots(_ campaigns: Int) -> Int {
        var slots = 1
        while slots < campaigns { slots *= 2 }
        return slots
    }

    static func sql(campaigns: Int?, order: SortOrder, isContinued: Bool) -> String {
        let direction = order == .oldestFirst ? "ASC" : "DESC"
        let ordered = "ORDER BY start \(direction), seq \(direction)"
        let beyond = isContinued ? "AND (start, seq) \(order == .oldestFirst ? ">" : "<") ($7, $8)" : ""
        let range = "org_id = $1 AND start BETWEEN $2 AND $3 AND seq <= \(asOf(campaigns)) \(beyond)"
        let columns = """
            seq, start, destinations,
            CASE WHEN octet_length(record) <= \(longest) THEN record END AS record, octet_length(record)
            """
        let first = isContinued ? 9 : 7
        switch campaigns {
        case nil:
            let head = "(SELECT sequence FROM organisation_heads WHERE org_id = $1)"
            return "SELECT \(columns), \(head) FROM send_logs WHERE \(range) \(ordered) LIMIT $5 OFFSET $6"
        case .some(let slots) where slots > mostMerged:
            return """
                SELECT \(columns) FROM (
                    SELECT k.start, k.seq FROM unnest($\(first)::text[]) c (campaign)
                    CROSS JOIN LATERAL (
                        SELECT start, seq FROM send_logs
                        WHERE \(range) AND campaign = c.campaign \(ordered) LIMIT $5::bigint + $6::bigint
                    ) k
                    \(ordered) LIMIT $5 OFFSET $6
                ) k
                CROSS JOIN LATERAL (
                    SELECT destinations, record FROM send_logs WHERE org_id = $1 AND seq = k.seq OFFSET 0
                ) l
                \(ordered)
                """
        case .some(let slots):
            // Only a branch that is ordered by itself is merged instead of sorted.
            let branches = (0..<slots).map {
                """
                (SELECT seq, start, destinations, record FROM send_logs
                WHERE \(range) AND campaign = $\(first + $0) \(ordered) LIMIT $5::bigint + $6::bigint)
                """
            }
            return """
                SELECT \(columns) FROM (\(branches.joined(separator: " UNION ALL "))) page
                \(ordered) LIMIT $5 OFFSET $6
                """
        }
    }

    /// Fetches the records of some logs.
    ///
    /// - Returns: each record under its log's seq.
    /// - Throws: ``PostgresFailure``.
    static func longRecords(
        _ sequences: [Int64],
        of organisation: OrganisationID,
        on connection: Connection
    ) throws -> [Int64: [UInt8]] {
        if sequences.isEmpty { return [:] }
        var parameters = Parameters()
        parameters.add(organisation.number)
        parameters.add(bigints: sequences)
        let rows = try connection.rows(
            "SELECT seq, record FROM send_logs WHERE org_id = $1 AND seq = ANY($2)",
            parameters
        )
        return Dictionary((0..<rows.count).map { (rows.integer($0, 0), rows.bytes($0, 1)) }) { first, _ in first }
    }

    /// Without a filter the page and the head are of one moment, so that one statement answers a whole search.
    private static func asOf(_ campaigns: Int?) -> String {
        campaigns == nil ? "least($4, (SELECT sequence FROM organisation_heads WHERE org_id = $1))" : "$4"
    }
}
