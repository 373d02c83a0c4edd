/// Cuts the postings of a segment into buckets.
public struct RecipientSegmentWriter: ~Copyable {
    private let first: Int64
    private var pending = RecipientPostings()
    /// The number of pairs from which they become a bucket.
    private var target = 500
    private var previousGroup: UInt64?
    private var ordinal = 0
    /// The number of pairs of recipients and send logs so far.
    public private(set) var pairCount = 0

    /// The length that buckets aim at, and the greatest, in bytes: rows of PostgreSQL stay below the 2 KB from which they
    /// would be stored elsewhere, and two rows of SQLite fit into a page.
    private static let length = (aim: 1700, most: 1900)

    /// Creates a writer for a segment with its first sequence number.
    public init(first: Int64) { self.first = first }

    /// Adds a pair; they must come in ascending order.
    ///
    /// - Parameters:
    ///   - code: the recipient
    ///   - sequence: the sequence number of the send log
    ///   - take: takes a bucket that is full
    /// - Throws: what `take` throws.
    public mutating func add<Failure: Error>(
        _ code: RecipientCode,
        _ sequence: Int64,
        _ take: (RecipientBucket) throws(Failure) -> Void
    ) throws(Failure) {
        if pending.sequences.count >= target || (pending.codes.last.map { $0.isNumber != code.isNumber } ?? false) {
            try finish(take)
        }
        pending.append(code, sequence)
        pairCount += 1
    }

    /// Writes the last bucket.
    public mutating func finish<Failure: Error>(_ take: (RecipientBucket) throws(Failure) -> Void) throws(Failure) {
        if pending.codes.isEmpty { return }
        try write(pending, take)
        pending.removeAll()
    }

    private mutating func write<Failure: Error>(
        _ postings: RecipientPostings,
        _ take: (RecipientBucket) throws(Failure) -> Void
    ) throws(Failure) {
        let next = postings.codes[0].group == previousGroup ? ordinal + 1 : 0
        let bucket = RecipientBucket(postings, first: first, ordinal: next)
        let count = postings.sequences.count
        target = max(16, min(4 * target, count * Self.length.aim / max(1, bucket.body.count)))
        if bucket.body.count > Self.length.most, count > 1 {
            let (first, second) = postings.split(after: count / 2)
            try write(first, take)
            try write(second, take)
            return
        }
        (previousGroup, ordinal) = (bucket.firstGroup, next)
        try take(bucket)
    }
}
