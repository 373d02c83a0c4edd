public import SendLogCore

/// A scheduler that assigns the work of organisations to a fixed number of threads in fair shares.
///
/// It decides when its owner, which guards it with a lock, must wake a sleeping thread. It uses no I/O, clock or random
/// numbers.
public struct FairDispatch<Work> {
    private var shares: FairShares
    private var waiting = FairQueue<Work>()
    /// The number of sleeping threads, without those that are being woken.
    private var idle = 0

    /// Creates a scheduler whose threads are limited by shares.
    public init(_ shares: FairShares) { self.shares = shares }

    /// The number of waiting work items.
    public var count: Int { waiting.count }

    /// Whether no work waits or runs.
    public var isIdle: Bool { waiting.isEmpty && shares.total == 0 }

    /// The waiting work whose turn is next, even if its organisation has no free share.
    public var first: Work? { waiting.first }

    /// Adds work to the queue of an organisation.
    public mutating func append(_ work: Work, for organisation: OrganisationID) {
        waiting.append(work, for: organisation)
    }

    /// Removes and returns the next work for a thread, which must call ``finish(_:)`` when the work is done.
    ///
    /// - Parameter mayRun: returns whether the work of an organisation may run now, apart from its share
    /// - Returns: the work; `nil` if none may run now.
    public mutating func next(
        where mayRun: (OrganisationID) -> Bool = { _ in true }
    ) -> (organisation: OrganisationID, element: Work)? {
        guard let next = waiting.next(where: { shares.hasRoom(for: $0) && mayRun($0) }) else { return nil }
        shares.acquire(for: next.organisation)
        return next
    }

    /// Records that a thread has finished an organisation's work.
    public mutating func finish(_ organisation: OrganisationID) { shares.release(for: organisation) }

    /// Records that a thread sleeps until it is woken.
    public mutating func sleep() { idle += 1 }

    /// Whether another thread is needed; check it after each change.
    public var needsThread: Bool { needsThread { _ in true } }

    /// Returns whether another thread is needed for organisations whose work may run now; see ``next(where:)``.
    public func needsThread(where mayRun: (OrganisationID) -> Bool) -> Bool {
        !waiting.isEmpty && waiting.hasNext { shares.hasRoom(for: $0) && mayRun($0) }
    }

    /// Counts one thread less as sleeping, which the owner wakes; returns false if no thread sleeps.
    public mutating func takeSleepingThread() -> Bool {
        guard idle > 0 else { return false }
        idle -= 1
        return true
    }

    /// Removes and returns the waiting work of some organisations.
    public mutating func removeAll(where isRemoved: (OrganisationID) -> Bool) -> [Work] {
        var removed: [Work] = []
        while let next = waiting.next(where: isRemoved) { removed.append(next.element) }
        return removed
    }

    /// Removes and returns waiting work that is the first one of its organisation and satisfies a condition.
    public mutating func removeFirst(where isRemoved: (Work) -> Bool) -> Work? { waiting.removeFirst(where: isRemoved) }

    /// Removes and returns all waiting work.
    public mutating func removeAll() -> [Work] { waiting.removeAll() }
}
