import Synchronization

/// The state that a server's workers share: their slots, and the lock for last attempts.
final class WorkerPool: Sendable {
    let slots: Mutex<WorkerSlots>
    /// The number of leases that were requested.
    let leases = Atomic(0)
    private let isLastAttemptRunning = Mutex(false)

    init(capacity: Int) { slots = Mutex(WorkerSlots(capacity: capacity)) }

    /// Begins the last attempt of a delivery, unless another last attempt is running.
    ///
    /// The server crashed or was killed during each earlier attempt of such a delivery. A server makes one last attempt
    /// at a time: if the server ends again, this delivery is the cause, and no other delivery is blamed.
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
