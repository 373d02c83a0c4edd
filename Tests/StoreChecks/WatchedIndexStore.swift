import SendLogCore
import SendLogRecipients

/// A store of recipient indexes that does something before each call: it throws, or it records send logs.
struct WatchedIndexStore: RecipientIndexStore {
    let store: any RecipientIndexStore
    let before: @Sendable () async throws(StoreError) -> Void

    func leaseRecipientIndex(
        for work: RecipientIndexWork,
        _ lease: RecipientIndexLease,
        in pass: Timestamp,
        excluding excluded: Set<OrganisationID>
    ) async throws(StoreError) -> (organisation: OrganisationID, index: RecipientIndex)? {
        try await before()
        return try await store.leaseRecipientIndex(for: work, lease, in: pass, excluding: excluded)
    }

    func leaseRecipientIndex(
        of organisation: OrganisationID,
        for work: RecipientIndexWork,
        _ lease: RecipientIndexLease
    ) async throws(StoreError) -> RecipientIndex? {
        try await before()
        return try await store.leaseRecipientIndex(of: organisation, for: work, lease)
    }

    func renewRecipientIndexLease(
        _ lease: RecipientIndexLease,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Bool {
        try await before()
        return try await store.renewRecipientIndexLease(lease, in: organisation)
    }

    func recipientIndex(in organisation: OrganisationID) async throws(StoreError) -> RecipientIndex {
        try await before()
        return try await store.recipientIndex(in: organisation)
    }

    func recordedChunks(
        from position: ChunkPosition,
        limit: Int,
        in organisation: OrganisationID,
        _ take: (SequenceNumber, BorrowedChunk) throws(StoreError) -> Void
    ) async throws(StoreError) -> ChunkPosition? {
        try await before()
        return try await store.recordedChunks(from: position, limit: limit, in: organisation, take)
    }

    func recordedRanges(
        in range: ClosedRange<SequenceNumber>,
        of organisation: OrganisationID
    ) async throws(StoreError) -> [ClosedRange<SequenceNumber>] {
        try await before()
        return try await store.recordedRanges(in: range, of: organisation)
    }

    func beginRecipientSegment(in organisation: OrganisationID) async throws(StoreError) -> Int64 {
        try await before()
        return try await store.beginRecipientSegment(in: organisation)
    }

    func addRecipientBuckets(
        _ buckets: [RecipientBucket],
        to segment: Int64,
        in organisation: OrganisationID
    ) async throws(StoreError) {
        try await before()
        try await store.addRecipientBuckets(buckets, to: segment, in: organisation)
    }

    func completeRecipientSegment(
        _ segment: RecipientSegment?,
        adding buckets: [RecipientBucket],
        replacing replaced: [Int64],
        through: SequenceNumber,
        owner: String,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Bool {
        try await before()
        return try await store.completeRecipientSegment(
            segment,
            adding: buckets,
            replacing: replaced,
            through: through,
            owner: owner,
            in: organisation
        )
    }

    func deleteUnusedRecipientBuckets(
        in organisation: OrganisationID,
        limit: Int,
        owner: String
    ) async throws(StoreError) -> Int? {
        try await before()
        return try await store.deleteUnusedRecipientBuckets(in: organisation, limit: limit, owner: owner)
    }

    func recipientBuckets(
        of segment: Int64,
        after: RecipientBucket.Position?,
        limit: Int,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecipientBucket] {
        try await before()
        return try await store.recipientBuckets(of: segment, after: after, limit: limit, in: organisation)
    }

    func lookUpRecipients(
        _ groups: [UInt64],
        in organisation: OrganisationID,
        _ take: (RecipientSegment, RecipientBucket) throws(StoreError) -> Void
    ) async throws(StoreError) -> RecipientIndex {
        try await before()
        return try await store.lookUpRecipients(groups, in: organisation, take)
    }

    func resetRecipientIndex(in organisation: OrganisationID) async throws(StoreError) {
        try await before()
        try await store.resetRecipientIndex(in: organisation)
    }

    func recipientIndexLag() async throws(StoreError) -> RecipientIndexLag {
        try await before()
        return try await store.recipientIndexLag()
    }
}
