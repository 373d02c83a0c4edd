import SendLogCore

/// Fetches a range of a search's logs in the search's order, as many as fit into a block.
///
/// The result does not depend on logs that are recorded meanwhile.
struct RowQuery {
    let organisation: OrganisationID
    let campaigns: [CampaignID]?
    let order: SortOrder
    /// The time range, the number of logs to skip, and the maximum number of logs to fetch.
    let rows: SearchPlan.RowRange
    /// The last sequence number that the search includes.
    let asOf: SequenceNumber
    /// The log after which the range begins; `nil` for the first log.
    let after: (start: Timestamp, sequence: SequenceNumber)?

    /// The assumed length of a row in bytes; a query fetches as many rows as fit into a block at this length.
    static let typicalRowLength = 300
    /// The maximum length, in bytes, of a record that is fetched with its row.
    ///
    /// Longer records are fetched after it is known that they fit, so that a page of long messages does not need memory
    /// for all of them.
    private static let maxInlineLength = 4096
    /// The maximum number of campaigns whose index ranges are merged.
    ///
    /// For more campaigns, the query looks up each one, and sorts all the rows that it finds.
    private static let maxMerged = 16

    /// Fetches seq, start, destinations, record, the record's length and, without a campaign filter, the head.
    ///
    /// - Parameters:
    ///   - connection: the connection
    ///   - block: the block that the rows are for
    /// - Returns: the rows; a long record is NULL, and ``longRecords(_:of:on:)`` fetches it.
    /// - Throws: ``PostgresFailure``.
    func run(on connection: Connection, for block: RowBlock) throws -> Rows {
        var parameters = Parameters(organisation.number, rows.from.milliseconds, rows.to.milliseconds, asOf.number)
        parameters.add(min(rows.count, block.size / Self.typicalRowLength), rows.offset)
        if let after {
            parameters.add(after.start.milliseconds, after.sequence.number)
        }
        let number = campaigns.map(\.count) ?? 0
        if let campaigns, number > Self.maxMerged {
            parameters.add(campaigns.map(\.text))
        } else if let campaigns {
            // The number of parameters is rounded up, so that few statements fit all numbers of campaigns. No campaign
            // has the empty string as its id.
            for index in 0..<Self.slots(number) { parameters.add(index < number ? campaigns[index].text : "") }
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

    /// The columns of a row; see ``run(on:for:)``.
    static let columns = """
        seq, start, destinations,
        CASE WHEN octet_length(record) <= \(maxInlineLength) THEN record END AS record, octet_length(record)
        """

    static func sql(campaigns: Int?, order: SortOrder, isContinued: Bool) -> String {
        let direction = order == .oldestFirst ? "ASC" : "DESC"
        let ordered = "ORDER BY start \(direction), seq \(direction)"
        let beyond = isContinued ? "AND (start, seq) \(order == .oldestFirst ? ">" : "<") ($7, $8)" : ""
        let range = "org_id = $1 AND start BETWEEN $2 AND $3 AND seq <= \(asOf(campaigns)) \(beyond)"
        let first = isContinued ? 9 : 7
        switch campaigns {
        case nil:
            let head = ["sequence", "deleted"].map { "(SELECT \($0) FROM organisation_heads WHERE org_id = $1)" }
            return """
                SELECT \(columns), \(head.joined(separator: ", ")) FROM send_logs
                WHERE \(range) \(ordered) LIMIT $5 OFFSET $6
                """
        case .some(let slots) where slots > maxMerged:
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
            // PostgreSQL merges the branches without a sort only if each branch has an ORDER BY.
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
    /// - Returns: each record by its log's sequence number.
    /// - Throws: ``PostgresFailure``.
    static func longRecords(
        _ sequences: [Int64],
        of organisation: OrganisationID,
        on connection: Connection
    ) throws -> [Int64: [UInt8]] {
        if sequences.isEmpty { return [:] }
        let parameters = Parameters(organisation.number, sequences)
        let rows = try connection.rows(
            "SELECT seq, record FROM send_logs WHERE org_id = $1 AND seq = ANY($2)",
            parameters
        )
        return Dictionary((0..<rows.count).map { (rows.integer($0, 0), rows.bytes($0, 1)) }) { first, _ in first }
    }

    /// Returns the SQL for the last sequence number to include.
    ///
    /// Without a campaign filter, the page and the head come from one snapshot, so that one statement is enough.
    private static func asOf(_ campaigns: Int?) -> String {
        campaigns == nil ? "least($4, (SELECT sequence FROM organisation_heads WHERE org_id = $1))" : "$4"
    }
}
