public import SendLogCore
import SendLogScheduling

/// Thrown when another indexer has leased the index, or when the index was reset.
public struct LostRecipientIndexLease: Error, CustomStringConvertible {
    /// The reason: once it is normal after a long pause of a server or a reset.
    public var description: String {
        "another server has leased it: if this repeats, compare the clocks of the servers"
    }
}

/// Extends and merges the recipient index of one organisation, under a lease.
///
/// A merge, which can take long, is interrupted to add new send logs.
public struct RecipientIndexer {
    private let store: any RecipientIndexStore
    private let organisation: OrganisationID
    private let timing: Timing
    private var index: RecipientIndex
    private var lease: RecipientIndexLease
    /// The number of pairs of the segments that were made from lists.
    public private(set) var addedPairs = 0
    /// When new send logs were last added.
    private var added: Timestamp

    /// The clock of an indexer, and its times in milliseconds.
    public struct Timing: Sendable {
        let now: @Sendable () -> Timestamp
        let leaseDuration: Int64
        let interval: Int64
        /// The time after which the next organisation has its turn.
        let turn: Int64
        /// How much is read and written at a time; tests take less.
        package var amount = Amount()

        /// Creates the timing of an indexer.
        ///
        /// - Parameters:
        ///   - leaseDuration: for how long a killed server delays the index
        ///   - interval: the time after which a merge is interrupted for new send logs
        ///   - turn: the time after which no further segment is begun
        ///   - now: the current time
        public init(
            leaseDuration: Int64 = 20_000,
            interval: Int64 = 250,
            turn: Int64 = 2000,
            now: @escaping @Sendable () -> Timestamp
        ) {
            (self.leaseDuration, self.interval, self.turn, self.now) = (leaseDuration, interval, turn, now)
        }
    }

    /// How much is read and written at a time.
    package struct Amount: Sendable {
        /// The number of pairs of a segment that is made from lists: 16 MB, and as many while they are sorted.
        package var pairs = 1 << 20
        package var chunks = 1024
        package var buckets = 128
    }

    /// Creates an indexer for an organisation whose index was leased.
    public init(
        _ store: any RecipientIndexStore,
        _ leased: (organisation: OrganisationID, index: RecipientIndex),
        _ lease: RecipientIndexLease,
        _ timing: Timing
    ) {
        (self.store, organisation, index) = (store, leased.organisation, leased.index)
        (self.lease, self.timing, added) = (lease, timing, lease.start)
    }

    /// Does the work until there is no more, or until the turn is over, and ends the lease.
    ///
    /// - Throws: ``StoreError``; ``LostRecipientIndexLease``. What was completed before remains.
    public mutating func run(_ work: RecipientIndexWork) async throws {
        let end = timing.now().milliseconds + timing.turn
        switch work {
        case .additions: try await addNew(until: end)
        case .merges:
            try await deleteUnused()
            while try await mergeNext() {
                try await deleteUnused()
                if timing.now().milliseconds >= end { break }
            }
        }
        let now = timing.now()
        lease = RecipientIndexLease(owner: lease.owner, start: now, end: now)
        _ = try await store.renewRecipientIndexLease(lease, in: organisation)
    }

    private mutating func deleteUnused() async throws {
        while true {
            let deleted = try await store.deleteUnusedRecipientBuckets(
                in: organisation,
                limit: timing.amount.buckets,
                owner: lease.owner
            )
            guard let deleted else { throw LostRecipientIndexLease() }
            if deleted == 0 { return }
            try await addNewIfDue()
        }
    }

    /// Adds the send logs that were recorded since the last call, in segments of a limited size.
    private mutating func addNew(until end: Int64) async throws {
        index.head = try await store.recipientIndex(in: organisation).head
        added = timing.now()
        var position: ChunkPosition? = ChunkPosition(SequenceNumber(index.through.number + 1))
        while let begin = position, index.through < index.head.lastSequence {
            position = try await addSegment(from: begin)
            // The next turn begins with the first chunk of a list.
            if position?.chunk == 0, timing.now().milliseconds >= end { break }
        }
    }

    /// Adds a segment of the lists from a chunk on.
    ///
    /// - Returns: the chunk after it; `nil` if it has all lists.
    private mutating func addSegment(from begin: ChunkPosition) async throws -> ChunkPosition? {
        var sorter = RecipientSorter(first: begin.sequence)
        var destinations = ChunkDestinations()
        var (position, last): (ChunkPosition?, SequenceNumber) = (begin, begin.sequence)
        var head = index.head.lastSequence
        var slice = TimeSlice()
        while let next = position, sorter.count < timing.amount.pairs {
            await slice.yieldIfOver()
            try await renewIfNeeded()
            position = try await store.recordedChunks(from: next, limit: timing.amount.chunks, in: organisation) {
                (sequence, chunk) throws(StoreError) in
                (last, head) = (sequence, max(head, sequence))
                try destinations.forEach(of: chunk) { code throws(StoreError) in sorter.add(code, sequence) }
            }
        }
        // The last list can have more chunks.
        let through = position.map { SequenceNumber($0.sequence.number - 1) } ?? head
        var buckets: [RecipientBucket] = []
        let pairs = sorter.finish { buckets.append($0) }
        addedPairs += pairs
        if pairs == 0 {
            try await complete(nil, adding: [], replacing: [], through: through)
        } else {
            let id = try await store.beginRecipientSegment(in: organisation)
            while buckets.count > timing.amount.buckets {
                await slice.yieldIfOver()
                let last = Array(buckets.suffix(timing.amount.buckets))
                try await store.addRecipientBuckets(last, to: id, in: organisation)
                buckets.removeLast(last.count)
                try await renewIfNeeded()
            }
            let segment = RecipientSegment(id: id, level: 0, range: begin.sequence...last, pairs: pairs)
            try await complete(segment, adding: buckets, replacing: [], through: through)
        }
        return position
    }

    private mutating func addNewIfDue() async throws {
        try await renewIfNeeded()
        let now = timing.now().milliseconds
        if now - added.milliseconds >= timing.interval { try await addNew(until: now + timing.interval) }
    }

    /// Merges the next segments into one.
    ///
    /// - Returns: false if there are none.
    private mutating func mergeNext() async throws -> Bool {
        let segments = RecipientMergePlan.next(index.segments)
        guard let first = segments.first else { return false }
        let end = segments.reduce(first.range.upperBound) { max($0, $1.range.upperBound) }
        let range = first.range.lowerBound...end
        let recorded = index.head.hasGaps ? try await store.recordedRanges(in: range, of: organisation) : [range]
        let id = try await store.beginRecipientSegment(in: organisation)
        let sources = segments.map { RecipientSegmentSource(store, $0, in: organisation) }
        var merge = RecipientMerge(sources)
        var writer = RecipientSegmentWriter(first: range.lowerBound.number)
        var buckets: [RecipientBucket] = []
        var slice = TimeSlice()
        while try await merge.next(into: &writer, keeping: { recorded.contain($0) }, { buckets.append($0) }) {
            await slice.yieldIfOver()
            try await addNewIfDue()
            guard buckets.count >= timing.amount.buckets else { continue }
            try await store.addRecipientBuckets(buckets, to: id, in: organisation)
            buckets.removeAll(keepingCapacity: true)
        }
        writer.finish { buckets.append($0) }
        let merged = RecipientSegment(id: id, level: first.level + 1, range: range, pairs: writer.pairCount)
        try await complete(merged, adding: buckets, replacing: segments.map(\.id), through: index.through)
        return true
    }

    private mutating func complete(
        _ segment: RecipientSegment?,
        adding buckets: [RecipientBucket],
        replacing replaced: [Int64],
        through: SequenceNumber
    ) async throws {
        let isOwner = try await store.completeRecipientSegment(
            segment,
            adding: buckets,
            replacing: replaced,
            through: through,
            owner: lease.owner,
            in: organisation
        )
        guard isOwner else { throw LostRecipientIndexLease() }
        if let segment { index.add(segment, replacing: replaced) }
        index.through = max(index.through, through)
        try await renewIfNeeded()
    }

    /// Renews the lease when half of it is over, and stops if the task was cancelled.
    private mutating func renewIfNeeded() async throws {
        try Task.checkCancellation()
        let now = timing.now()
        guard lease.end.milliseconds - now.milliseconds < timing.leaseDuration / 2 else { return }
        let end = Timestamp(milliseconds: now.milliseconds + timing.leaseDuration) ?? .latest
        lease = RecipientIndexLease(owner: lease.owner, start: now, end: end)
        guard try await store.renewRecipientIndexLease(lease, in: organisation) else { throw LostRecipientIndexLease() }
    }
}
