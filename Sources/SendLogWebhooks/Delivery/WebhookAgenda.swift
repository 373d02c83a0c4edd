public import SendLogCore
import SendLogScheduling
import Synchronization

/// Notifies the dispatcher of a server which organisations may have something to deliver.
public final class WebhookAgenda: Sendable {
    private let state: Mutex<AgendaState>
    private let wakeUp = WakeUp()
    /// Whether the server delivers.
    private let isUsed: Bool

    /// Creates an agenda.
    ///
    /// - Parameter isUsed: whether the server delivers; one that does not ignores notifications
    public init(isUsed: Bool = true) {
        self.isUsed = isUsed
        state = Mutex(AgendaState())
    }

    /// Notifies the dispatcher of send logs that were recorded; costs no statement if the organisation has no webhooks.
    public func recorded(in organisation: OrganisationID) {
        if isUsed, state.withLock({ $0.recorded(in: organisation, at: .now) }) { wakeUp.wake() }
    }

    /// Notifies the dispatcher of a webhook that was created or changed.
    public func changed(in organisation: OrganisationID) {
        if isUsed, state.withLock({ $0.changed(in: organisation, at: .now) }) { wakeUp.wake() }
    }

    /// Changes the state, and wakes the dispatcher.
    func update<Result: Sendable>(_ body: (inout AgendaState) -> Result) -> Result {
        defer { wakeUp.wake() }
        return read(body)
    }

    /// Reads or changes the state without waking the dispatcher.
    func read<Result: Sendable>(_ body: (inout AgendaState) -> Result) -> Result {
        state.withLock { state in body(&state) }
    }

    /// Waits until the state changes, or until a moment.
    func wait(until moment: ContinuousClock.Instant) async { await wakeUp.wait(until: moment) }
}
