public import SendLogCore

/// Which work of which organisation a fixed number of threads does next: those that are idle are woken exactly when there is work for them.
///
/// Decided without I/O, clocks or chance; its owner guards it with a lock.
public struct FairDispatch<Work> {
    private var shares: FairShares
    private var waiting = FairQueue<Work>()
    /// How many threads sleep, without those that are being woken.
    private var idle = 0

    /// Divides threads.
    public init(_ shares: FairShares) { self.shares = shares }

    /// How much work waits.
    public var count: Int { waiting.count }

    /// Whether no work waits or is being done.
    public var isIdle: Bool { waiting.isEmpty && shares.total == 0 }

    /// The work whose turn is next, whether a thread may do it or not.
    public var first: Work? { waiting.first }

    /// Adds work.
    public mutating func append(_ work: Work, for organisation: OrganisationID) {
        waiting.append(work, for: organisation)
    }

    /// Takes work for a thread; then ``finish(_:)`` must follow.
    public mutating func next() -> (organisation: OrganisationID, element: Work)? {
        guard let next = waiting.next(where: { shares.hasRoom(for: $0) }) else { return nil }
        shares.take(for: next.organisation)
        return next
    }

    /// Notes that a thread has done an organisation's work.
    public mutating func finish(_ organisation: OrganisationID) { shares.release(for: organisation) }

    /// Notes that a thread sleeps, until it is woken.
    public mutating func sleep() { idle += 1 }

    /// Decides whether one more thread is needed; to be asked after each change.
    public var needsThread: Bool { !waiting.isEmpty && waiting.hasNext { shares.hasRoom(for: $0) } }

    /// Chooses a sleeping thread to be woken.
    ///
    /// - Returns: whether there was one.
    public mutating func wake() -> Bool {
        guard idle > 0 else { return false }
        idle -= 1
        return true
    }

    /// Takes all work that waits.
    public mutating func removeAll() -> [Work] { waiting.removeAll() }
}
