public import SendLogCore

/// Compares the recipient index of an organisation with its lists, for `sendlog database check`.
///
/// Pairs of deleted send logs may be in the index, because only a merge leaves them out. The memory that a check needs
/// depends neither on the number of pairs nor on the length of a list.
public struct RecipientIndexCheck {
    private let index: RecipientIndex
    private let recorded: [ClosedRange<SequenceNumber>]

    /// Reads the next buckets of a segment after a position, in ascending order; none after the last one.
    public typealias Buckets = (RecipientSegment, _ after: RecipientBucket.Position?) throws -> [RecipientBucket]

    /// What is wrong with an index.
    struct Fault: Error {
        let text: String
    }

    /// Creates a check.
    ///
    /// - Parameters:
    ///   - index: the index
    ///   - recorded: the ranges of sequence numbers up to ``RecipientIndex/through`` that have a send log, ascending
    public init(_ index: RecipientIndex, recorded: [ClosedRange<SequenceNumber>]) {
        (self.index, self.recorded) = (index, recorded)
    }

    /// Looks for a fault.
    ///
    /// - Parameters:
    ///   - buckets: reads buckets
    ///   - chunks: reads chunks of lists
    /// - Returns: the fault, such as `has a damaged bucket`; `nil` if the index is sound, or if a list is damaged, with
    ///   which it cannot be compared.
    /// - Throws: the errors of `buckets` and `chunks`.
    public func fault(buckets: Buckets, chunks: @escaping RecipientListsChunks) throws -> String? {
        do {
            try checkRanges()
            let indexed = try checksum(buckets)
            var lists = RecipientListsChecksum(through: index.through, chunks)
            do { try lists.run() } catch StoreError.corrupted { return nil }
            if indexed == lists.checksum { return nil }
            return "differs from the lists: it has \(indexed.pairs) pairs of recipients and send logs up to send log "
                + "\(index.through.number), and the lists have \(lists.checksum.pairs)"
        } catch let fault as Fault { return fault.text }
    }

    private func checkRanges() throws {
        if index.through > index.head.lastSequence { throw Fault(text: "reaches beyond the last send log") }
        for (segment, next) in zip(index.segments, index.segments.dropFirst())
        where segment.range.upperBound > next.range.lowerBound {
            throw Fault(text: "has segments \(segment.id) and \(next.id) for the same send logs")
        }
    }

    /// Adds up the pairs of all segments, each pair once.
    private func checksum(_ buckets: Buckets) throws -> RecipientChecksum {
        var checksum = RecipientChecksum()
        var inputs = index.segments.map { Input(segment: $0) }
        for index in inputs.indices { try inputs[index].fill(buckets) }
        while true {
            var least: RecipientCode?
            for index in inputs.indices {
                if let code = inputs[index].code { least = least.map { min($0, code) } ?? code }
            }
            guard let least else { return checksum }
            // Segments that have a long list in common can both have a pair of it.
            var last = Int64.min
            for index in inputs.indices {
                while inputs[index].code == least {
                    for sequence in inputs[index].sequences where sequence > last {
                        last = sequence
                        if sequence <= self.index.through.number, recorded.contain(sequence) {
                            checksum.add(least, sequence)
                        }
                    }
                    try inputs[index].advance(buckets)
                }
            }
        }
    }

    /// The position in one segment.
    private struct Input {
        let segment: RecipientSegment
        private var postings = RecipientPostings()
        private var index = 0
        private var pending: ArraySlice<RecipientBucket> = []
        private var position: RecipientBucket.Position?
        private var last: (code: RecipientCode, sequence: Int64)?
        private var pairs = 0

        init(segment: RecipientSegment) { self.segment = segment }

        /// The recipient that comes next; `nil` at the end.
        private(set) var code: RecipientCode?

        /// The sequence numbers of the recipient that comes next.
        var sequences: ArraySlice<Int64> { postings.sequences(at: index) }

        mutating func advance(_ buckets: Buckets) throws {
            index += 1
            if index == postings.codes.count { try fill(buckets) } else { code = postings.codes[index] }
        }

        /// Reads the next bucket, and checks that it follows the one before it.
        mutating func fill(_ buckets: Buckets) throws {
            (postings, index, code) = (RecipientPostings(), 0, nil)
            if pending.isEmpty { pending = try buckets(segment, position)[...] }
            guard let bucket = pending.popFirst() else {
                if pairs == segment.pairs { return }
                throw Fault(text: "has \(pairs) pairs in segment \(segment.id) instead of \(segment.pairs)")
            }
            do { postings = try bucket.postings(in: segment.range) } catch {
                throw Fault(text: "has a damaged bucket in segment \(segment.id)")
            }
            let ordinal = bucket.firstGroup == position?.firstGroup ? (position?.ordinal ?? 0) + 1 : 0
            guard let code = postings.codes.first, let sequence = postings.sequences.first,
                code.group == bucket.firstGroup, bucket.ordinal == ordinal,
                last.map({ ($0.code, $0.sequence) < (code, sequence) }) != false
            else { throw Fault(text: "has buckets in a wrong order in segment \(segment.id)") }
            (self.code, position) = (code, bucket.position)
            pairs += postings.sequences.count
            if let code = postings.codes.last, let sequence = postings.sequences.last { last = (code, sequence) }
        }
    }
}
