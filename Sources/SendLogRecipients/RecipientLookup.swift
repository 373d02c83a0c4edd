public import SendLogCore
import SendLogScheduling

/// Finds the send logs of recipients: in the index, and in the lists that the index does not have yet.
public struct RecipientLookup: Sendable {
    private let store: any RecipientIndexStore
    private let matcher: RecipientMatcher
    private let maxFound: Int

    /// The number of send logs beyond the index from which a lookup is refused, and the number of their destinations.
    ///
    /// More destinations than the longest list has: a list that was just recorded does not make lookups fail.
    private static let maxTail = (sendLogs: 1_000_000, destinations: DestinationList.maxCount + 1_000_000)
    private static let chunks = 1024
    /// The number of groups that are looked up at a time: a few milliseconds with the greatest number of segments.
    private static let groups = 8
    /// The maximum number of send logs that a lookup returns, 8 bytes each.
    public static let maxFound = 2_000_000

    /// The send logs of recipients.
    public struct Result: Equatable, Sendable {
        /// The sequence numbers, ascending; none is greater than ``asOf``.
        public let sequences: [Int64]
        /// Those of the sequence numbers whose recipients all match doubtfully; see ``RecipientQuery/Match``.
        public let doubtful: [Int64]
        /// The newest sequence number that the lookup saw.
        public let asOf: SequenceNumber
    }

    /// The send logs that were found so far.
    private struct Found {
        private var (exact, doubtful): ([Int64], [Int64]) = ([], [])
        private let limit: Int
        private let last: Int64
        /// The number of entries, repeated ones included, from which repeated ones are removed.
        private var maxEntries: Int

        init(limit: Int, asOf: SequenceNumber?) {
            (self.limit, last, maxEntries) = (limit, asOf?.number ?? .max, limit)
        }

        mutating func append(_ sequence: Int64, _ match: RecipientQuery.Match) throws(TooManySends) {
            guard sequence <= last else { return }
            switch match {
            case .exact: exact.append(sequence)
            case .doubtful: doubtful.append(sequence)
            case .none: return
            }
            if exact.count + doubtful.count > maxEntries { try removeRepeated() }
        }

        /// Leaves each send log once.
        private mutating func removeRepeated() throws(TooManySends) {
            exact = Self.distinct(exact)
            if !doubtful.isEmpty {
                let known = Set(exact)
                doubtful = Self.distinct(doubtful)
                doubtful.removeAll(where: known.contains)
            }
            let count = exact.count + doubtful.count
            if count > limit { throw TooManySends() }
            maxEntries = count + limit
        }

        /// Returns the send logs up to one.
        consuming func result(asOf: SequenceNumber) throws(TooManySends) -> Result {
            exact.removeAll { $0 > asOf.number }
            doubtful.removeAll { $0 > asOf.number }
            try removeRepeated()
            let sequences = doubtful.isEmpty ? exact : (exact + doubtful).sorted()
            return Result(sequences: sequences, doubtful: doubtful, asOf: asOf)
        }

        private static func distinct(_ sequences: [Int64]) -> [Int64] {
            var (sequences, previous) = (sequences.sorted(), Int64?.none)
            sequences.removeAll { sequence in
                defer { previous = sequence }
                return sequence == previous
            }
            return sequences
        }
    }

    /// Creates a lookup of one or more recipients.
    ///
    /// - Parameters:
    ///   - queries: the recipients
    ///   - store: the index
    ///   - maxFound: the number of send logs from which on a lookup throws ``TooManySends``
    public init(_ queries: [RecipientQuery], in store: any RecipientIndexStore, maxFound: Int = Self.maxFound) {
        (self.store, matcher, self.maxFound) = (store, RecipientMatcher(queries), maxFound)
    }

    /// Finds the send logs of an organisation.
    ///
    /// - Parameters:
    ///   - asOf: the newest sequence number to see; `nil` for all send logs recorded so far
    ///   - organisation: the organisation
    /// - Returns: the send logs of any of the recipients, deleted ones included.
    /// - Throws: ``RecipientIndexBehind`` if the index lacks too many send logs; ``TooManySends``; ``StoreError``.
    public func run(
        asOf: SequenceNumber?,
        in organisation: OrganisationID
    ) async throws -> Result {
        var found = Found(limit: maxFound, asOf: asOf)
        var groups = matcher.groups.sorted()[...]
        // Each snapshot of the index is complete up to its own end. The first one says what had been recorded.
        let first = try await lookUp(groups.prefix(Self.groups), in: organisation, &found)
        var through = first.through
        groups = groups.dropFirst(Self.groups)
        while !groups.isEmpty {
            let index = try await lookUp(groups.prefix(Self.groups), in: organisation, &found)
            through = min(through, index.through)
            groups = groups.dropFirst(Self.groups)
        }
        let head = first.head.lastSequence
        let last = min(asOf ?? head, head)
        try await addTail(from: through, through: last, in: organisation, to: &found)
        return try found.result(asOf: last)
    }

    /// Looks some groups up in a snapshot of the index.
    ///
    /// - Returns: the index of the snapshot.
    private func lookUp(
        _ groups: ArraySlice<UInt64>,
        in organisation: OrganisationID,
        _ found: inout Found
    ) async throws -> RecipientIndex {
        let groups = Array(groups)
        var buckets: [(segment: RecipientSegment, bucket: RecipientBucket)] = []
        let index = try await store.lookUpRecipients(groups, in: organisation) { (segment, bucket) throws(StoreError) in
            buckets.append((segment, bucket))
        }
        var slice = TimeSlice()
        for (segment, bucket) in buckets {
            await slice.yieldIfOver()
            let postings = try bucket.postings(in: segment.range, of: groups)
            for index in postings.codes.indices {
                let match = matcher.match(postings.codes[index])
                for sequence in postings.sequences(at: index) { try found.append(sequence, match) }
            }
        }
        return index
    }

    /// Searches the lists after the index.
    private func addTail(
        from through: SequenceNumber,
        through last: SequenceNumber,
        in organisation: OrganisationID,
        to found: inout Found
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
            var matches: [(sequence: Int64, match: RecipientQuery.Match)] = []
            position = try await store.recordedChunks(from: next, limit: Self.chunks, in: organisation) {
                (sequence, chunk) throws(StoreError) in
                if sequence > last { return }
                try destinations.forEach(of: chunk) { code throws(StoreError) in
                    count += 1
                    let match = matcher.match(code)
                    // A list can repeat a recipient millions of times.
                    if match != .none, matches.last.map({ $0 == (sequence.number, match) }) != true {
                        matches.append((sequence.number, match))
                    }
                }
            }
            for (sequence, match) in matches { try found.append(sequence, match) }
            guard count <= Self.maxTail.destinations else { throw behind }
        }
    }
}

/// Thrown by a lookup that finds more than ``RecipientLookup/maxFound`` send logs.
public struct TooManySends: Error, CustomStringConvertible {
    /// The reason.
    public var description: String {
        "has recipients of more than \(RecipientLookup.maxFound) send logs, the maximum"
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
