public import SendLogCore

/// Finds the sequence numbers that have a send log.
extension PostgresStore {
    /// See ``RecipientIndexStore/recordedRanges(in:of:)``.
    public func recordedRanges(
        in range: ClosedRange<SequenceNumber>,
        of organisation: OrganisationID
    ) async throws(StoreError) -> [ClosedRange<SequenceNumber>] {
        try await performLong(for: organisation) { try Self.recordedRanges(in: range, of: organisation, on: $0) }
    }

    /// Asks the counters first, which say of most blocks that all their send logs exist, or none.
    static func recordedRanges(
        in range: ClosedRange<SequenceNumber>,
        of organisation: OrganisationID,
        on connection: Connection
    ) throws -> [ClosedRange<SequenceNumber>] {
        let first = max(range.lowerBound, SequenceNumber(1))
        guard first <= range.upperBound else { return [] }
        let (firstBlock, lastBlock) = (CounterBlock.of(first), CounterBlock.of(range.upperBound))
        let blocks = try connection.rows(blockCountsSQL, Parameters(organisation.number, firstBlock, lastBlock))
        var ranges: [ClosedRange<SequenceNumber>] = []
        func add(_ first: SequenceNumber, _ last: SequenceNumber) {
            if let previous = ranges.last, previous.upperBound.number + 1 == first.number {
                ranges[ranges.count - 1] = previous.lowerBound...last
            } else {
                ranges.append(first...last)
            }
        }
        for row in 0..<blocks.count {
            let block = blocks.integer(row, 0)
            let begin = max(first, SequenceNumber(block * CounterBlock.size + 1))
            let end = min(range.upperBound, CounterBlock.last(of: block))
            if blocks.integer(row, 1) == CounterBlock.size {
                add(begin, end)
                continue
            }
            let borders = try connection.rows(
                recordedRangesSQL,
                Parameters(organisation.number, begin.number, end.number)
            )
            var start = begin
            for border in 0..<borders.count {
                let sequence = SequenceNumber(borders.integer(border, 0))
                if borders.boolean(border, 1) { start = sequence }
                if borders.boolean(border, 2) { add(start, sequence) }
            }
        }
        return ranges
    }

    static let blockCountsSQL = """
        SELECT block::bigint, sum(sends)::bigint FROM organisation_days
        WHERE org_id = $1 AND block BETWEEN $2 AND $3 GROUP BY 1 ORDER BY 1
        """

    /// Finds the first and the last sequence number of each range.
    static let recordedRangesSQL = """
        SELECT seq, seq - 1 IS DISTINCT FROM before, seq + 1 IS DISTINCT FROM after FROM (
            SELECT seq, lag(seq) OVER w AS before, lead(seq) OVER w AS after FROM send_logs
            WHERE org_id = $1 AND seq BETWEEN $2 AND $3 WINDOW w AS (ORDER BY seq)
        ) neighbours
        WHERE seq - 1 IS DISTINCT FROM before OR seq + 1 IS DISTINCT FROM after ORDER BY seq
        """
}
