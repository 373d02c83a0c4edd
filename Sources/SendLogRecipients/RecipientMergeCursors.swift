import SendLogCore

/// Where a merge is in its segments, with the postings that were read and are not merged yet.
struct RecipientMergeCursors {
    private struct Cursor {
        /// The recipient that comes next; `nil` if buckets must be read, and at the end.
        private(set) var code: RecipientCode?
        private(set) var isAtEnd = false
        private var buckets: ArraySlice<RecipientPostings> = []
        private var bucket = RecipientPostings()
        private var index = -1

        mutating func add(_ buckets: [RecipientPostings]) {
            (self.buckets, isAtEnd) = (buckets[...], buckets.isEmpty)
            advance()
        }

        mutating func advance() {
            index += 1
            while index >= bucket.codes.count {
                guard let next = buckets.popFirst() else {
                    code = nil
                    return
                }
                (bucket, index) = (next, 0)
            }
            code = bucket.codes[index]
        }

        func forEachSequence(_ body: (Int64) -> Void) {
            for position in bucket.range(at: index) { body(bucket.sequences[position]) }
        }
    }

    private var cursors: [Cursor]
    /// The ``Cursor/code`` of each cursor, which is read much more often than anything else of it.
    private var codes: [RecipientCode?]
    /// The recipient whose pairs are being merged; `nil` between two recipients.
    private var current: RecipientCode?
    /// The cursor that comes next for the current recipient.
    private var next = 0
    /// The last sequence number of the current recipient.
    private var last = Int64.min
    private var previous: RecipientCode?

    /// How many recipients are merged without a pause, which takes less than a millisecond.
    private static let limit = 512

    init(count: Int) {
        cursors = Array(repeating: Cursor(), count: count)
        codes = Array(repeating: nil, count: count)
    }

    /// Returns whether the next buckets of a segment must be read.
    func needsBuckets(_ index: Int) -> Bool { codes[index] == nil && !cursors[index].isAtEnd }

    /// Adds the next buckets of a segment; none at its end.
    mutating func add(_ buckets: [RecipientPostings], to index: Int) {
        cursors[index].add(buckets)
        codes[index] = cursors[index].code
    }

    /// Merges the pairs of some recipients.
    ///
    /// - Parameters: see ``RecipientMerge/next(into:keeping:_:)``
    /// - Returns: false after the last recipient.
    /// - Throws: ``StoreError/corrupted(detail:)`` if the recipients are not in ascending order.
    mutating func merge(
        into writer: inout RecipientSegmentWriter,
        keeping isKept: (Int64) -> Bool,
        _ take: (RecipientBucket) -> Void
    ) throws(StoreError) -> Bool {
        for _ in 0..<Self.limit {
            if current == nil {
                guard try begin() else { return false }
            }
            guard finishRecipient(into: &writer, keeping: isKept, take) else { break }
        }
        return true
    }

    /// Chooses the next recipient.
    ///
    /// - Returns: false if there is none.
    private mutating func begin() throws(StoreError) -> Bool {
        var least: RecipientCode?
        for case let code? in codes {
            if let known = least, known <= code { continue }
            least = code
        }
        guard let least else { return false }
        // The buckets come from the database.
        if let previous, least <= previous { throw BitReader.damaged }
        (current, previous, next, last) = (least, least, 0, .min)
        return true
    }

    /// Merges the pairs of the current recipient, which can continue in buckets that are not read yet.
    ///
    /// - Returns: false if buckets must be read.
    private mutating func finishRecipient(
        into writer: inout RecipientSegmentWriter,
        keeping isKept: (Int64) -> Bool,
        _ take: (RecipientBucket) -> Void
    ) -> Bool {
        guard let code = current else { return true }
        // Later segments have greater sequence numbers; a long list that two of them have in common can repeat one.
        while next < cursors.count {
            while codes[next] == code {
                cursors[next].forEachSequence { sequence in
                    guard sequence > last, isKept(sequence) else { return }
                    writer.add(code, sequence, take)
                    last = sequence
                }
                cursors[next].advance()
                codes[next] = cursors[next].code
            }
            if needsBuckets(next) { return false }
            next += 1
        }
        current = nil
        return true
    }
}
