import SendLogCore
import Synchronization

/// The state that a server's workers share: their slots, and the lock for last attempts.
final class WorkerPool: Sendable {
    private let slots: Mutex<WorkerSlots>
    private let isLastAttemptRunning = Mutex(false)

    init(capacity: Int) { slots = Mutex(WorkerSlots(capacity: capacity)) }

    /// Whether all slots are taken.
    var isFull: Bool { slots.withLock(\.isFull) }

    /// See ``WorkerSlots/choose(from:)``.
    func choose(from pending: [PendingWebhook]) -> [PendingWebhook] { slots.withLock { $0.choose(from: pending) } }

    /// See ``WorkerSlots/release(_:)``.
    func release(_ webhook: PendingWebhook.Key) { slots.withLock { $0.release(webhook) } }

    /// See ``WorkerSlots/note(_:isHealthy:)``.
    func record(_ webhook: PendingWebhook.Key, isHealthy: Bool) {
        slots.withLock { $0.record(webhook, isHealthy: isHealthy) }
    }

    /// See ``WorkerSlots/mustYield(_:hasUsedSlotTime:)``.
    func mustYield(_ webhook: PendingWebhook.Key, hasUsedSlotTime: Bool) -> Bool {
        slots.withLock { $0.mustYield(webhook, hasUsedSlotTime: hasUsedSlotTime) }
    }

    /// Begins the last attempt of a delivery, unless another last attempt is running.
    ///
    /// The server crashed or was killed during each earlier attempt of such a delivery. A server makes one last attempt at a time: if
    /// the server ends again, this delivery is the cause, and no other delivery is blamed.
    ///
    /// - Returns: whether the attempt may begin; ``endLastAttempt()`` must follow then.
    func beginLastAttempt() -> Bool {
        isLastAttemptRunning.withLock { isLastAttemptRunning in
            defer { isLastAttemptRunning = true }
            return !isLastAttemptRunning
        }
    }

    /// Ends the last attempt, once its result is saved.
    func endLastAttempt() { isLastAttemptRunning.withLock { $0 = false } }
}
