public import SendLogCore
import SendLogScheduling

/// Finds the send logs of recipients: in the index, and in the lists that the index does not have yet.
public struct RecipientLookup: Sendable {
    private let store: any RecipientIndexStore
    private let matcher: RecipientMatcher

    /// The number of send logs beyond the index from which a lookup is refused, and the number of their destinations.
    private static let maxTail = (sendLogs: 1_000_000, destinations: 4_000_000)
    private static let chunks = 256

    /// The send logs of recipients.
    public struct Result: Equatable, Sendable {
        /// The sequence numbers, ascending; none is greater than ``asOf``.
        public let sequences: [Int64]
        /// The newest sequence number that the lookup saw.
        public let asOf: SequenceNumber
    }

    /// Creates a lookup of one or more recipients.
    public init(_ queries: [RecipientQuery], in store: any RecipientIndexStore) {
        (self.store, matcher) = (store, RecipientMatcher(queries))
    }

    /// Finds the send logs of an organisation.
    ///
    /// - Parameters:
    ///   - asOf: the newest sequence number to see; `nil` for all send logs recorded so far
    ///   - organisation: the organisation
    /// - Returns: the send logs of any of the recipients, deleted ones included.
    /// - Throws: ``RecipientIndexBehind`` if the index lacks too many send logs; ``StoreError``.
    public func run(
        asOf: SequenceNumber?,
        in organisation: OrganisationID
    ) async throws -> Result {
        var found: [Int64] = []
        let index = try await store.lookUpRecipients(matcher.groups, in: organisation) {
            (segment, bucket) throws(StoreError) in
            let postings = try bucket.postings(in: segment.range)
            for index in postings.codes.indices where matcher.matches(postings.codes[index]) {
                found += postings.sequences(at: index)
            }
        }
        let last = min(asOf ?? index.head.lastSequence, index.head.lastSequence)
        try await addTail(from: index.through, through: last, in: organisation, to: &found)
        found.sort()
        var previous: Int64?
        found.removeAll { sequence in
            defer { previous = sequence }
            return sequence == previous || sequence > last.number
        }
        return Result(sequences: found, asOf: last)
    }

    /// Searches the lists after the index.
    private func addTail(
        from through: SequenceNumber,
        through last: SequenceNumber,
        in organisation: OrganisationID,
        to found: inout [Int64]
    ) async throws {
        guard last > through, !matcher.groups.isEmpty else { return }
        let behind = RecipientIndexBehind(through: through, head: last)
        guard through.distance(to: last) <= Self.maxTail.sendLogs else { throw behind }
        var destinations = ChunkDestinations()
        var count = 0
        var position: ChunkPosition? = ChunkPosition(SequenceNumber(through.number + 1))
        var slice = TimeSlice()
        while let next = position, next.sequence <= last {
            await slice.yieldIfOver()
            position = try await store.recordedChunks(from: next, limit: Self.chunks, in: organisation) {
                (sequence, chunk) throws(StoreError) in
                if sequence > last { return }
                try destinations.forEach(of: chunk) { code throws(StoreError) in
                    count += 1
                    if matcher.matches(code), found.last != sequence.number { found.append(sequence.number) }
                }
            }
            guard count <= Self.maxTail.destinations else { throw behind }
        }
    }
}

/// Thrown by a lookup while the index of an organisation lacks many send logs, as after an upgrade.
public struct RecipientIndexBehind: Error, Equatable {
    /// The last sequence number in the index.
    public let through: SequenceNumber
    /// The organisation's newest sequence number.
    public let head: SequenceNumber

    /// How much of the log is in the index, in percent.
    public var percent: Int {
        head.number > 0 ? Int(clamping: Int64(Double(through.number) / Double(head.number) * 100)) : 100
    }
}
