public import SendLogCore

/// The postings of a segment, bucket by bucket.
public protocol RecipientBucketSource {
    /// Returns the next buckets; none after the last one.
    mutating func next() async throws(StoreError) -> [RecipientPostings]
}

/// Merges segments that follow each other into one.
public struct RecipientMerge<Source: RecipientBucketSource> {
    private var sources: [Source]
    private var cursors: RecipientMergeCursors

    /// Creates a merge of segments in ascending order of their sequence numbers.
    public init(_ sources: [Source]) {
        (self.sources, cursors) = (sources, RecipientMergeCursors(count: sources.count))
    }

    /// Merges the pairs of the next recipients.
    ///
    /// - Parameters:
    ///   - writer: the writer of the new segment
    ///   - isKept: returns whether a send log still exists; pairs of others are left out
    ///   - take: takes a bucket that is full
    /// - Returns: false after the last recipient.
    /// - Throws: the errors of the sources.
    public mutating func next(
        into writer: inout RecipientSegmentWriter,
        keeping isKept: (Int64) -> Bool,
        _ take: (RecipientBucket) -> Void
    ) async throws(StoreError) -> Bool {
        for index in sources.indices where cursors.needsBuckets(index) {
            cursors.add(try await sources[index].next(), to: index)
        }
        return try cursors.merge(into: &writer, keeping: isKept, take)
    }
}
