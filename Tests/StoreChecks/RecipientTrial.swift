import SendLogCore
import SendLogRecipients
import TestSupport
import Testing

/// Organisations whose recipient indexes are extended, interrupted and compared with a model.
actor RecipientTrial {
    let store: any Store & RecipientIndexStore
    private var cases: RandomCases
    private let seed: UInt64
    private var tenants: [(organisation: OrganisationID, model: RecipientModel)] = []
    private var number = 0
    private var owners = 0
    /// How many calls the indexers may make until they are stopped; `nil` for any number.
    private var callsLeft: Int?
    /// Whether send logs are recorded while the indexers work.
    private var isBusy = false
    private let clock = Clock()

    private static let leaseDuration: Int64 = 10_000

    /// What a call throws at which an indexer is stopped.
    private static let stop = StoreError.unavailable(.unreachable, detail: "the check stops the indexer")

    /// A clock that advances by a millisecond with each question.
    private final class Clock: Sendable {
        private let time = Box<Int64>(0)

        @Sendable func next() -> Timestamp { advance(by: 1) }

        @discardableResult func advance(by milliseconds: Int64) -> Timestamp {
            let time = time.change { time in
                time += milliseconds
                return time
            }
            return Timestamp(milliseconds: time) ?? .latest
        }
    }

    init(_ store: any Store, seed: UInt64, organisations: [String]) async throws {
        self.store = try #require(store as? any Store & RecipientIndexStore)
        (self.seed, cases) = (seed, RandomCases(seed: seed))
        for name in organisations { tenants.append((try await store.organisation(name), RecipientModel())) }
    }

    var organisations: [OrganisationID] { tenants.map(\.organisation) }

    /// Records and deletes at random, and compares lookups in between.
    func takeRound(_ round: Int) async throws {
        try await record(cases.number(0...40), long: round % 8 == 3 ? 1 : 0)
        let calls = cases.once(in: 3) ? nil : cases.number(0...80)
        try await index(stopAfter: calls, isBusy: cases.once(in: 2))
        try await compare(8, "round \(round), after an indexer", isChanging: true)
        if cases.once(in: 3) { try await delete() }
        if cases.once(in: 10) { try await reset() }
        try await compare(8, "round \(round), after deletions", isChanging: true)
    }

    /// Records send logs in a random organisation.
    func record(_ count: Int, long: Int = 0) async throws {
        try await record(count, long: long, in: cases.number(0...tenants.count - 1))
    }

    private func record(_ count: Int, long: Int = 0, in tenant: Int) async throws {
        for index in 0..<count + long {
            let destinations = cases.destinations(isLong: index >= count)
            number += 1
            let log =
                index >= count
                ? try Sample.parsed("log-\(number)", destinations: destinations)
                : try Sample.log(
                    "log-\(number)",
                    campaign: cases.campaign()?.text ?? "",
                    start: cases.timestamp(),
                    destinations: destinations
                )
            let stored = try await store.record(log, in: tenants[tenant].organisation).recorded
            tenants[tenant].model.append(log, destinations)
            #expect(stored?.sequence.number == Int64(tenants[tenant].model.head))
        }
    }

    /// Deletes some send logs of a random organisation, sometimes the newest one, sometimes all.
    func delete() async throws {
        let tenant = cases.number(0...tenants.count - 1)
        let share = [1, 3, 10, 100][cases.number(0...3)]
        let logs = tenants[tenant].model.logs.logs
        var deleted = Set(logs.map(\.sequence).filter { _ in cases.once(in: share) })
        if cases.once(in: 3), let last = logs.last { deleted.insert(last.sequence) }
        _ = try await store.delete(Array(deleted), in: tenants[tenant].organisation)
        tenants[tenant].model.delete(deleted)
    }

    /// Deletes the index of a random organisation.
    func reset() async throws {
        try await store.resetRecipientIndex(in: tenants[cases.number(0...tenants.count - 1)].organisation)
    }

    /// Runs indexers one after the other until there is nothing to do, or until they are stopped.
    ///
    /// - Parameters:
    ///   - calls: after how many calls they are stopped; `nil` for never
    ///   - isBusy: whether send logs are recorded meanwhile
    /// - Throws: any other error of the store.
    func index(stopAfter calls: Int? = nil, isBusy: Bool = false) async throws {
        (callsLeft, self.isBusy) = (calls, isBusy)
        // Leases of stopped indexers end.
        clock.advance(by: Self.leaseDuration)
        let watched = WatchedIndexStore(store: store) { () throws(StoreError) in try await self.beforeCall() }
        do {
            var hadWork = true
            while hadWork {
                hadWork = false
                for work in [RecipientIndexWork.additions, .merges] {
                    guard let (lease, leased) = try await lease(for: work, in: watched) else { continue }
                    var indexer = RecipientIndexer(watched, leased, lease, timing)
                    try await indexer.run(work)
                    hadWork = true
                }
            }
        } catch let error as StoreError where error == Self.stop {}
        (callsLeft, self.isBusy) = (nil, false)
    }

    /// Leases an index to a new indexer.
    func lease(
        for work: RecipientIndexWork,
        in store: (any RecipientIndexStore)? = nil
    ) async throws -> (RecipientIndexLease, (organisation: OrganisationID, index: RecipientIndex))? {
        owners += 1
        let start = clock.next()
        let end = start.advanced(by: Self.leaseDuration)
        let lease = RecipientIndexLease(owner: "owner-\(owners)", start: start, end: end)
        let store = store ?? self.store
        let leased = try await store.leaseRecipientIndex(for: work, lease, in: .latest, excluding: [])
        return leased.map { (lease, $0) }
    }

    /// The timing of an indexer that writes small segments; its clock advances with each question.
    var timing: RecipientIndexer.Timing {
        let clock = clock
        var timing = RecipientIndexer.Timing(leaseDuration: Self.leaseDuration, interval: 5, turn: 40, now: clock.next)
        (timing.amount.pairs, timing.amount.chunks, timing.amount.buckets) = (20, 3, 2)
        return timing
    }

    private func beforeCall() async throws(StoreError) {
        if let left = callsLeft {
            if left == 0 { throw Self.stop }
            callsLeft = left - 1
        }
        if isBusy, cases.once(in: 12) {
            do { try await record(1) } catch { throw StoreError.corrupted(detail: "\(error)") }
        }
    }

    /// Extends, merges or deletes indexes, as between two snapshots of a lookup.
    private func changeIndex() async throws(StoreError) {
        do {
            if cases.once(in: 3) { try await reset() } else { try await index(stopAfter: cases.number(0...30)) }
        } catch let error as StoreError {
            throw error
        } catch { throw StoreError.corrupted(detail: "\(error)") }
    }

    /// Compares lookups, and searches for what they find, with the models.
    ///
    /// - Parameters:
    ///   - count: the number of lookups
    ///   - context: what was done before, for messages
    ///   - isChanging: whether the indexes change during the lookups
    /// - Throws: the errors of the store.
    func compare(_ count: Int, _ context: String, isChanging: Bool = false) async throws {
        for turn in 0..<count {
            let (organisation, model) = tenants[cases.number(0...tenants.count - 1)]
            let queries = cases.recipients()
            let asOf = cases.once(in: 2) ? nil : SequenceNumber(Int64(cases.number(0...model.head + 2)))
            let comment = Comment("SENDLOG_TEST_SEED=\(seed), \(context), \(turn): \(queries.map(\.key.text))")
            let isChanging = isChanging && cases.once(in: 3)
            let watched = WatchedIndexStore(store: store) { () throws(StoreError) in
                if isChanging { try await self.changeIndex() }
            }
            let result = try await RecipientLookup(queries, in: watched).run(asOf: asOf, in: organisation)
            let last = min(asOf?.number ?? Int64(model.head), Int64(model.head))
            try #require(result.asOf == SequenceNumber(last), comment)
            let existing = Set(model.logs.logs.map { Int64($0.sequence) })
            try #require(result.sequences.filter(existing.contains) == model.found(queries, asOf: last), comment)
            let exact = Set(model.found(queries, asOf: last, matches: [.exact]))
            let found = result.sequences.filter(existing.contains)
            try #require(result.doubtful.filter(existing.contains) == found.filter { !exact.contains($0) }, comment)
            try #require(zip(result.sequences, result.sequences.dropFirst()).allSatisfy { $0 < $1 }, comment)
            var search = cases.search(logs: model.head)
            (search.asOf, search.found) = (result.asOf, result.sequences)
            try await StoreCheck.compare(search, in: organisation, of: store, with: model.logs) { comment.description }
        }
    }

    /// Expects that all send logs are in the indexes, and that nothing is left of segments that are not used.
    func expectComplete() async throws {
        try await index()
        try await compare(40, "in the end")
        #expect(try await store.recipientIndexLag() == RecipientIndexLag(sendLogs: 0, organisations: 0))
        for organisation in organisations {
            let index = try await store.recipientIndex(in: organisation)
            #expect(index.through == index.head.lastSequence)
            #expect(RecipientMergePlan.next(index.segments).isEmpty)
            #expect(try await store.deleteUnusedRecipientBuckets(in: organisation, limit: 10, owner: "") == 0)
            let next = try await store.beginRecipientSegment(in: organisation)
            let used = Set(index.segments.map(\.id))
            for id in 1...next where !used.contains(id) {
                let buckets = try await store.recipientBuckets(of: id, after: nil, limit: 1, in: organisation)
                #expect(buckets.isEmpty, "segment \(id)")
            }
            #expect(try await store.deleteUnusedRecipientBuckets(in: organisation, limit: 10, owner: "") == 1)
        }
        #expect(try await store.check { _, _ in } == [])
    }
}
