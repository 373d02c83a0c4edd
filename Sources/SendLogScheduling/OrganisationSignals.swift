public import SendLogCore
import Synchronization

/// The organisations that have new work for one service in the background.
///
/// A service that is notified of new work need not ask the database for it.
public final class OrganisationSignals: Sendable {
    private let capacity: Int
    private let organisations = Mutex<Set<OrganisationID>>([])
    private let wakeUp = WakeUp()

    /// Creates signals for a maximum number of organisations that wait; the service has to find others by itself.
    public init(capacity: Int = 10_000) { self.capacity = capacity }

    /// Notifies the service of new work.
    public func notify(_ organisation: OrganisationID) {
        let isFirst = organisations.withLock { organisations in
            guard organisations.count < capacity, organisations.insert(organisation).inserted else { return false }
            return organisations.count == 1
        }
        if isFirst { wakeUp.wake() }
    }

    /// Waits until an organisation has work, or until a moment.
    public func wait(until moment: ContinuousClock.Instant) async {
        if organisations.withLock(\.isEmpty) { await wakeUp.wait(until: moment) }
    }

    /// Takes the organisations that have work.
    public func take() -> Set<OrganisationID> {
        organisations.withLock { organisations in
            defer { organisations = [] }
            return organisations
        }
    }
}
