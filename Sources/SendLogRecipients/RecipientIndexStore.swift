public import SendLogCore

/// Stores the recipient index of each organisation.
///
/// One indexer at a time works for an organisation, under a lease. Readers see complete segments alone: the segments that
/// one merge replaces disappear in the transaction in which the new one appears.
public protocol RecipientIndexStore: Sendable {
    /// Leases the index of an organisation that has work; the one whose lease is the oldest.
    ///
    /// - Parameters:
    ///   - work: the kind of work
    ///   - lease: the owner, the start and the end of the lease
    ///   - pass: the last lease of the index must have started before this
    ///   - excluded: organisations that are left out
    /// - Returns: the organisation and its index; `nil` if there is nothing to do.
    /// - Throws: ``StoreError``.
    func leaseRecipientIndex(
        for work: RecipientIndexWork,
        _ lease: RecipientIndexLease,
        in pass: Timestamp,
        excluding excluded: Set<OrganisationID>
    ) async throws(StoreError) -> (organisation: OrganisationID, index: RecipientIndex)?

    /// Leases the index of an organisation if it has work.
    ///
    /// - Parameters:
    ///   - organisation: the organisation
    ///   - work: the kind of work
    ///   - lease: the owner, the start and the end of the lease
    /// - Returns: the index; `nil` if there is nothing to do, or if another indexer has leased it.
    /// - Throws: ``StoreError``.
    func leaseRecipientIndex(
        of organisation: OrganisationID,
        for work: RecipientIndexWork,
        _ lease: RecipientIndexLease
    ) async throws(StoreError) -> RecipientIndex?

    /// Renews or ends the lease of an organisation's index.
    ///
    /// - Returns: false if another indexer has leased it meanwhile.
    /// - Throws: ``StoreError``.
    func renewRecipientIndexLease(
        _ lease: RecipientIndexLease,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Bool

    /// Returns an organisation's index.
    func recipientIndex(in organisation: OrganisationID) async throws(StoreError) -> RecipientIndex

    /// Reads chunks of lists in the order of recording, for the index.
    ///
    /// - Parameters:
    ///   - position: where to begin: the send log and the number of the chunk
    ///   - limit: the largest number of chunks; none is read after ``ChunkPosition/maxDestinations`` destinations
    ///   - organisation: the organisation
    ///   - take: takes each chunk with its send log; it is valid only during the call
    /// - Returns: where the next call begins; `nil` if the last chunk was read, or if there are none.
    /// - Throws: ``StoreError``; the errors of `take`.
    func recordedChunks(
        from position: ChunkPosition,
        limit: Int,
        in organisation: OrganisationID,
        _ take: (SequenceNumber, BorrowedChunk) throws(StoreError) -> Void
    ) async throws(StoreError) -> ChunkPosition?

    /// Returns the ranges of sequence numbers that have a send log, within a range, in ascending order.
    func recordedRanges(
        in range: ClosedRange<SequenceNumber>,
        of organisation: OrganisationID
    ) async throws(StoreError) -> [ClosedRange<SequenceNumber>]

    /// Begins a segment, which is not complete yet.
    ///
    /// - Returns: its ID.
    /// - Throws: ``StoreError``.
    func beginRecipientSegment(in organisation: OrganisationID) async throws(StoreError) -> Int64

    /// Adds buckets to a segment that is not complete, some hundred at a time.
    func addRecipientBuckets(
        _ buckets: [RecipientBucket],
        to segment: Int64,
        in organisation: OrganisationID
    ) async throws(StoreError)

    /// Completes a segment, in place of those that it was merged from, if the lease's owner still has the lease.
    ///
    /// - Parameters:
    ///   - segment: the segment; `nil` if send logs without destinations were read
    ///   - buckets: its last buckets, added in the same transaction
    ///   - replaced: the IDs of the segments that are no longer used
    ///   - through: see ``RecipientIndex/through``; the index never goes back to a smaller one
    ///   - owner: the lease's owner
    ///   - organisation: the organisation
    /// - Returns: false if another indexer has leased the index; nothing was changed then.
    /// - Throws: ``StoreError``.
    func completeRecipientSegment(
        _ segment: RecipientSegment?,
        adding buckets: [RecipientBucket],
        replacing replaced: [Int64],
        through: SequenceNumber,
        owner: String,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Bool

    /// Deletes some buckets of segments that are not used: replaced ones, and those that a crash left incomplete.
    ///
    /// - Parameters:
    ///   - organisation: the organisation, whose index the caller has leased, and in which it builds no segment
    ///   - limit: the largest number of buckets
    ///   - owner: the lease's owner
    /// - Returns: the number of deleted buckets and segments; `nil` if another indexer has leased the index, whose segments
    ///   must not be deleted, and 0 when nothing is left to delete. The organisation has no
    ///   work of the kind ``RecipientIndexWork/merges`` then, unless ``RecipientMergePlan`` has some.
    /// - Throws: ``StoreError``.
    func deleteUnusedRecipientBuckets(
        in organisation: OrganisationID,
        limit: Int,
        owner: String
    ) async throws(StoreError) -> Int?

    /// Returns the next buckets of a segment, in ascending order.
    ///
    /// - Parameters:
    ///   - segment: the segment
    ///   - after: the bucket after which to begin; `nil` for the first ones
    ///   - limit: the largest number of buckets
    ///   - organisation: the organisation
    /// - Returns: the buckets; none after the last one.
    /// - Throws: ``StoreError``.
    func recipientBuckets(
        of segment: Int64,
        after: RecipientBucket.Position?,
        limit: Int,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecipientBucket]

    /// Looks groups up in all segments, in one snapshot.
    ///
    /// - Parameters:
    ///   - groups: the groups, ascending; see ``RecipientCode/group``
    ///   - organisation: the organisation
    ///   - take: takes each bucket that may have one of the groups: of each segment the last one that begins before the
    ///     group, and all that begin with it
    /// - Returns: the index of the snapshot.
    /// - Throws: ``StoreError``; the errors of `take`.
    func lookUpRecipients(
        _ groups: [UInt64],
        in organisation: OrganisationID,
        _ take: (RecipientSegment, RecipientBucket) throws(StoreError) -> Void
    ) async throws(StoreError) -> RecipientIndex

    /// Deletes the whole index of an organisation, so that it is made again.
    ///
    /// The buckets are deleted later, by ``deleteUnusedRecipientBuckets(in:limit:owner:)``.
    func resetRecipientIndex(in organisation: OrganisationID) async throws(StoreError)

    /// Returns how many send logs the indexes of all organisations lack.
    func recipientIndexLag() async throws(StoreError) -> RecipientIndexLag
}

/// The kinds of work for an index.
public enum RecipientIndexWork: Sendable {
    /// Send logs after the last segment are to be added.
    case additions
    /// Segments are to be merged, or unused ones to be deleted.
    case merges
}

/// The right of one indexer to write an organisation's index.
public struct RecipientIndexLease: Hashable, Sendable {
    /// The identity of the indexer.
    public let owner: String
    /// When the lease starts.
    public let start: Timestamp
    /// When the lease ends; a time that is not after the start ends the lease.
    public let end: Timestamp

    /// Creates a lease.
    public init(owner: String, start: Timestamp, end: Timestamp) {
        (self.owner, self.start, self.end) = (owner, start, end)
    }

    /// The latest end of another lease in milliseconds since 1970; a later one was made by a wrong clock and is ignored.
    public var latestEnd: Int64 { end.milliseconds + 60_000 }
}

/// How far the recipient indexes are behind the logs.
public struct RecipientIndexLag: Equatable, Sendable {
    /// The number of send logs of all organisations that are not in their index.
    public let sendLogs: Int
    /// The number of organisations with such send logs.
    public let organisations: Int

    /// Creates a lag.
    public init(sendLogs: Int, organisations: Int) { (self.sendLogs, self.organisations) = (sendLogs, organisations) }
}

/// A chunk of a send log's list.
public struct ChunkPosition: Hashable, Sendable {
    /// The send log.
    public let sequence: SequenceNumber
    /// The number of the chunk, from 0.
    public let chunk: Int

    /// The number of destinations after which reading pauses, so that no other request waits long for a reader.
    public static let maxDestinations = 16_384

    /// Creates a position.
    public init(_ sequence: SequenceNumber, chunk: Int = 0) { (self.sequence, self.chunk) = (sequence, chunk) }
}
