import SendLogCore

/// Reads the buckets of a stored segment, some at a time.
struct RecipientSegmentSource: RecipientBucketSource {
    private let store: any RecipientIndexStore
    private let segment: RecipientSegment
    private let organisation: OrganisationID
    private var position: RecipientBucket.Position?

    /// How many buckets are read at a time: eight segments of them have 4 MB when they are decoded.
    private static let limit = 32

    init(_ store: any RecipientIndexStore, _ segment: RecipientSegment, in organisation: OrganisationID) {
        (self.store, self.segment, self.organisation) = (store, segment, organisation)
    }

    mutating func next() async throws(StoreError) -> [RecipientPostings] {
        let buckets = try await store.recipientBuckets(
            of: segment.id,
            after: position,
            limit: Self.limit,
            in: organisation
        )
        position = buckets.last?.position ?? position
        var postings: [RecipientPostings] = []
        for bucket in buckets { postings.append(try bucket.postings(in: segment.range)) }
        return postings
    }
}
