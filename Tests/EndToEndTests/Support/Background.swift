import Foundation
import Synchronization
import TestSupport

/// Blocking work that runs during a test, on a separate thread.
final class Background<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    /// Starts the work.
    init(_ work: @escaping @Sendable () throws -> Value) {
        Thread.detachNewThread { [self] in
            let result = Result { try work() }
            self.result.withLock { $0 = result }
        }
    }

    /// Whether the work has ended.
    var isOver: Bool { result.withLock { $0 != nil } }

    /// Waits for the end of the work.
    ///
    /// - Returns: the result of the work.
    /// - Throws: the error of the work, or a `TestFailure` after the timeout.
    func value(atMost seconds: Double = 300) throws -> Value {
        guard Deadline.poll(for: seconds, until: { isOver }), let result = result.withLock({ $0 }) else {
            throw TestFailure("the background work did not end within \(seconds) s")
        }
        return try result.get()
    }
}

/// Runs work on several threads at once.
///
/// - Parameters:
///   - count: the number of threads
///   - work: the work; its argument counts the threads from 0
/// - Returns: the results, in the order of the threads.
/// - Throws: the first error in that order.
func inParallel<Value: Sendable>(
    _ count: Int,
    _ work: @escaping @Sendable (Int) throws -> Value
) throws -> [Value] {
    try (0..<count).map { number in Background { try work(number) } }.map { try $0.value() }
}

/// A flag that threads share.
final class Flag: Sendable {
    private let state = Atomic(false)

    var isRaised: Bool { state.load(ordering: .acquiring) }

    func raise() {
        state.store(true, ordering: .releasing)
    }
}
