public import SendLogCore
public import SendLogRecipients
import SendLogScheduling

/// Reads recipient indexes, and the lists that they are made from.
extension SQLiteStore {
    /// See ``RecipientIndexStore/recipientIndex(in:)``.
    public func recipientIndex(in organisation: OrganisationID) async throws(StoreError) -> RecipientIndex {
        try await readers.scan(for: organisation) { try RecipientRows.index(of: organisation, on: $0) }
    }

    /// See ``RecipientIndexStore/recordedChunks(from:limit:in:_:)``.
    public func recordedChunks(
        from position: ChunkPosition,
        limit: Int,
        in organisation: OrganisationID,
        _ take: (SequenceNumber, BorrowedChunk) throws(StoreError) -> Void
    ) async throws(StoreError) -> ChunkPosition? {
        try await readers.scan(for: organisation) { database in
            try RecipientRows.chunks(from: position, limit: limit, in: organisation, on: database, take)
        }
    }

    /// See ``RecipientIndexStore/recordedRanges(in:of:)``.
    ///
    /// The counters say of most blocks that all their send logs exist, or none.
    public func recordedRanges(
        in range: ClosedRange<SequenceNumber>,
        of organisation: OrganisationID
    ) async throws(StoreError) -> [ClosedRange<SequenceNumber>] {
        try await readers.scan(for: organisation) { try Self.recordedRanges(in: range, of: organisation, on: $0) }
    }

    static func recordedRanges(
        in range: ClosedRange<SequenceNumber>,
        of organisation: OrganisationID,
        on database: Connection
    ) throws -> [ClosedRange<SequenceNumber>] {
        let first = max(range.lowerBound, SequenceNumber(1))
        let last = min(range.upperBound, try LogHead(of: organisation, on: database).lastSequence)
        guard first <= last else { return [] }
        let blocks = CounterBlock.of(first)...CounterBlock.of(last)
        var counters = try Query(
            "SELECT block, sends FROM organisation_days WHERE organisation = ? AND block BETWEEN ? AND ?",
            on: database
        )
        try counters.bind(organisation.number, blocks.lowerBound, blocks.upperBound)
        var counts: [Int64: Int] = [:]
        while try counters.step() {
            try StoredNumber.add(counters.count(1), to: &counts[counters.integer(0), default: 0])
        }
        var ranges: [ClosedRange<SequenceNumber>] = []
        func add(_ first: SequenceNumber, _ last: SequenceNumber) {
            if let previous = ranges.last, previous.upperBound.number + 1 == first.number {
                ranges[ranges.count - 1] = previous.lowerBound...last
            } else {
                ranges.append(first...last)
            }
        }
        for block in blocks {
            guard let count = counts[block], count > 0 else { continue }
            let first = max(first, SequenceNumber(block * CounterBlock.size + 1))
            let last = min(last, CounterBlock.last(of: block))
            if count == CounterBlock.size {
                add(first, last)
                continue
            }
            var query = try Query(
                "SELECT place FROM send_logs WHERE place BETWEEN ? AND ? ORDER BY place",
                on: database
            )
            try query.bind(RowID(organisation, first).rawValue, RowID(organisation, last).rawValue)
            while try query.step() {
                let sequence = RowID(rawValue: query.integer(0)).sequence
                add(sequence, sequence)
            }
        }
        return ranges
    }

    /// See ``RecipientIndexStore/recipientBuckets(of:after:limit:in:)``.
    public func recipientBuckets(
        of segment: Int64,
        after position: RecipientBucket.Position?,
        limit: Int,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecipientBucket] {
        try await readers.scan(for: organisation) { database in
            try RecipientRows.buckets(of: segment, after: position, limit: limit, in: organisation, on: database)
        }
    }

    /// See ``RecipientIndexStore/lookUpRecipients(_:in:_:)``.
    public func lookUpRecipients(
        _ groups: [UInt64],
        in organisation: OrganisationID,
        _ take: (RecipientSegment, RecipientBucket) throws(StoreError) -> Void
    ) async throws(StoreError) -> RecipientIndex {
        try await readers.scan(for: organisation) { database in
            let index = try RecipientRows.index(of: organisation, on: database)
            for segment in index.segments {
                var last: RecipientBucket.Position?
                for group in groups {
                    // From the last bucket with the group backwards to the first one that begins before it.
                    var query = try Query(
                        """
                        SELECT first_group, ordinal, body FROM recipient_buckets
                        WHERE organisation = ? AND segment = ? AND first_group <= ?
                        ORDER BY first_group DESC, ordinal DESC
                        """,
                        on: database
                    )
                    try query.bind(organisation.number, segment.id, Int64(bitPattern: group))
                    var latest: RecipientBucket.Position?
                    while try query.step() {
                        let position = try RecipientRows.position(query)
                        // The bucket before this group may have been the one of an earlier group.
                        if position == last { break }
                        latest = latest ?? position
                        try take(segment, RecipientRows.bucket(query))
                        if position.firstGroup < group { break }
                    }
                    last = latest ?? last
                }
            }
            return index
        }
    }
}
