import Synchronization

/// Wakes one task that waits for work or for a moment.
public final class WakeUp: Sendable {
    private struct State {
        var isWoken = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Creates a wake-up for one waiting task.
    public init() {}

    /// Wakes the waiting task; if none waits, the next wait ends at once.
    public func wake() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            state.isWoken = state.waiter == nil
            return state.waiter
        }
        waiter?.resume()
    }

    /// Waits for a wake-up or a moment, or until the task is cancelled; one task at a time may wait.
    public func wait(until moment: ContinuousClock.Instant) async {
        if state.withLock({ $0.isWoken }) || moment <= .now { return clear() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(until: moment, clock: .continuous) }
            group.addTask { await self.wait() }
            await group.next()
            group.cancelAll()
        }
        clear()
    }

    private func clear() { state.withLock { $0.isWoken = false } }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    if state.isWoken || Task.isCancelled { return false }
                    state.waiter = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }?
            .resume()
        }
    }
}
