import SendLogCore
import Synchronization

/// What the workers of a server share: their slots, and the right to attempt what may bring the server down.
final class WorkerPool: Sendable {
    private let slots: Mutex<WorkerSlots>
    private let isTrying = Mutex(false)

    init(capacity: Int) { slots = Mutex(WorkerSlots(capacity: capacity)) }

    /// Whether there is no slot left.
    var isFull: Bool { slots.withLock(\.isFull) }

    /// See ``WorkerSlots/choose(from:)``.
    func choose(from pending: [PendingWebhook]) -> [PendingWebhook] { slots.withLock { $0.choose(from: pending) } }

    /// See ``WorkerSlots/release(_:)``.
    func release(_ webhook: PendingWebhook.Key) { slots.withLock { $0.release(webhook) } }

    /// See ``WorkerSlots/note(_:isHealthy:)``.
    func note(_ webhook: PendingWebhook.Key, isHealthy: Bool) {
        slots.withLock { $0.note(webhook, isHealthy: isHealthy) }
    }

    /// See ``WorkerSlots/mustYield(_:isTurnOver:)``.
    func mustYield(_ webhook: PendingWebhook.Key, isTurnOver: Bool) -> Bool {
        slots.withLock { $0.mustYield(webhook, isTurnOver: isTurnOver) }
    }

    /// Begins the last attempt of a delivery during which the server ended before, if there is none.
    ///
    /// One at a time on a server: if it ends once more, that delivery is the cause, and none beside it is blamed.
    ///
    /// - Returns: whether it may begin; then ``endLastAttempt()`` must follow.
    func beginLastAttempt() -> Bool {
        isTrying.withLock { isTrying in
            defer { isTrying = true }
            return !isTrying
        }
    }

    /// Ends such an attempt, once its result is saved.
    func endLastAttempt() { isTrying.withLock { $0 = false } }
}
