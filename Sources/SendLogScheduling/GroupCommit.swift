public import SendLogCore

/// The state of a group commit: the requests that wait while a group is written, and the groups that they form.
///
/// It decides which requests are accepted, how groups are formed, and which requests are refused after all. It uses no
/// I/O, threads or clock, and is not thread-safe: its owner guards it with a lock.
public struct GroupCommit<Request> {
    /// The limits of groups and of waiting requests.
    public struct Limits: Sendable {
        /// The size at which a group is complete, in items and in weight.
        public var maxGroup: (items: Int, weight: Int)
        /// The total weight of waiting requests above which more are refused.
        public var maxWaitingWeight: Int
        /// The time that a request may wait for the groups before it.
        public var waitTimeout: Duration

        /// Creates limits.
        public init(maxGroup: (items: Int, weight: Int), maxWaitingWeight: Int, waitTimeout: Duration) {
            (self.maxGroup, self.maxWaitingWeight, self.waitTimeout) = (maxGroup, maxWaitingWeight, waitTimeout)
        }
    }

    /// The organisations whose requests can be in one group.
    public enum Scope: Sendable {
        /// All organisations, which take turns; one group is processed at a time.
        case all
        /// One organisation; each has its own groups.
        case organisation
    }

    /// The size of a request.
    public struct Cost: Sendable {
        /// The number of items that the request adds to a group.
        public var items: Int
        /// The weight, such as the number of bytes in memory.
        public var weight: Int
        /// Whether the request must be alone in its group.
        public var needsOwnGroup: Bool

        /// Creates a cost.
        public init(items: Int, weight: Int, needsOwnGroup: Bool = false) {
            (self.items, self.weight, self.needsOwnGroup) = (items, weight, needsOwnGroup)
        }
    }

    /// The answer to a new request.
    public enum Admission: Equatable, Sendable {
        case refused(Unavailability)
        /// The request waits; if `starts`, the caller begins to process groups for it.
        case accepted(starts: Bool)
    }

    private struct Waiting {
        let request: Request
        let cost: Cost
        let since: ContinuousClock.Instant
    }

    private let limits: Limits
    private let scope: Scope
    private var waiting = FairQueue<Waiting>()
    private var weight: FairShares
    /// The scopes whose groups are being processed, with the number of requests in the last group.
    private var running: [OrganisationID: Int] = [:]
    /// Whether new requests are refused.
    public private(set) var isClosed = false

    /// Creates an empty state.
    public init(_ limits: Limits, scope: Scope) {
        (self.limits, self.scope) = (limits, scope)
        weight = FairShares(capacity: limits.maxWaitingWeight)
    }

    private func key(_ organisation: OrganisationID) -> OrganisationID { scope == .all ? .server : organisation }

    /// Accepts or refuses a request.
    public mutating func submit(
        _ request: Request,
        _ cost: Cost,
        for organisation: OrganisationID,
        at now: ContinuousClock.Instant
    ) -> Admission {
        if isClosed { return .refused(.closed) }
        guard weight.hasRoom(for: organisation) else { return .refused(.overloaded) }
        weight.acquire(cost.weight, for: organisation)
        waiting.append(Waiting(request: request, cost: cost, since: now), for: organisation)
        let starts = running[key(organisation)] == nil
        if starts { running[key(organisation)] = 0 }
        return .accepted(starts: starts)
    }

    /// Refuses all further requests.
    public mutating func close() { isClosed = true }

    /// Whether to wait briefly, because the last group had more requests than wait now: clients that receive responses
    /// together send the next ones together.
    public func isGathering(for organisation: OrganisationID) -> Bool {
        waitingCount(organisation) < (running[key(organisation)] ?? 0) * 7 / 8
    }

    /// Removes the requests of an organisation's next group, or of the one group if the scope is all organisations.
    ///
    /// - Returns: the group, and the requests to refuse because the groups before them took too long.
    public mutating func nextGroup(
        for organisation: OrganisationID,
        at now: ContinuousClock.Instant
    ) -> (group: [Request], late: [Request]) {
        var (group, late): ([Request], [Request]) = ([], [])
        var (items, weight) = (0, 0)
        while items < limits.maxGroup.items, weight < limits.maxGroup.weight, let next = first(organisation) {
            let isLate = now - next.since > limits.waitTimeout
            if !isLate, next.cost.needsOwnGroup, !group.isEmpty { break }
            removeFirst(organisation)
            if isLate {
                late.append(next.request)
                continue
            }
            items += next.cost.items
            weight += next.cost.weight
            group.append(next.request)
            if next.cost.needsOwnGroup { break }
        }
        running[key(organisation)] = group.count
        return (group, late)
    }

    /// Records the end of an organisation's group, or of the one group if the scope is all organisations.
    ///
    /// - Returns: whether the next group must be processed, and the requests to refuse after a failure during shutdown.
    public mutating func endGroup(
        for organisation: OrganisationID,
        hasFailed: Bool
    ) -> (hasMore: Bool, refused: [Request]) {
        var refused: [Request] = []
        if hasFailed, isClosed {
            while let next = first(organisation) {
                removeFirst(organisation)
                refused.append(next.request)
            }
        }
        if first(organisation) != nil { return (true, refused) }
        running[key(organisation)] = nil
        return (false, refused)
    }

    private func first(_ organisation: OrganisationID) -> Waiting? {
        scope == .all ? waiting.first : waiting.first(of: organisation)
    }

    private mutating func removeFirst(_ organisation: OrganisationID) {
        let scope = scope
        let next = waiting.next { scope == .all || $0 == organisation }
        if let next { weight.release(next.element.cost.weight, for: next.organisation) }
    }

    private func waitingCount(_ organisation: OrganisationID) -> Int {
        scope == .all ? waiting.count : waiting.count(of: organisation)
    }
}
