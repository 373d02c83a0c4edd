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
    public mutating func next() -> (organisation: OrganisationID, element: Work)? {
        guard let next = waiting.next(where: { shares.hasRoom(for: $0) }) else { return nil }
        shares.acquire(for: next.organisation)
        return next
    }

    /// Records that a thread has finished an organisation's work.
    public mutating func finish(_ organisation: OrganisationID) { shares.release(for: organisation) }

    /// Records that a thread sleeps until it is woken.
    public mutating func sleep() { idle += 1 }

    /// Whether another thread is needed; check it after each change.
    public var needsThread: Bool { !waiting.isEmpty && waiting.hasNext { shares.hasRoom(for: $0) } }

    /// Counts one thread less as sleeping, which the owner wakes; returns false if no thread sleeps.
    public mutating func takeSleepingThread() -> Bool {
        guard idle > 0 else { return false }
        idle -= 1
        return true
    }

    /// Removes and returns all waiting work.
    public mutating func removeAll() -> [Work] { waiting.removeAll() }
}
