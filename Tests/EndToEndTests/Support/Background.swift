import Foundation
import Synchronization
import TestSupport

/// Something that goes on beside a test, on a thread of its own, since what it does blocks.
final class Background<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    /// Starts it.
    init(_ work: @escaping @Sendable () throws -> Value) {
        Thread.detachNewThread { [self] in
            let result = Result { try work() }
            self.result.withLock { $0 = result }
        }
    }

    /// Whether it is over.
    var isOver: Bool { result.withLock { $0 != nil } }

    /// Waits for its end.
    ///
    /// - Returns: what came of it.
    /// - Throws: what it threw, or that it took too long.
    func value(atMost seconds: Double = 300) throws -> Value {
        guard Deadline.poll(for: seconds, until: { isOver }), let result = result.withLock({ $0 }) else {
            throw TestFailure("what went on beside the test did not end within \(seconds) s")
        }
        return try result.get()
    }
}

/// Does several things at once.
///
/// - Parameters:
///   - count: how many
///   - work: what to do, told its number from 0
/// - Returns: what came of them, in order.
/// - Throws: what the first of them threw.
func inParallel<Value: Sendable>(
    _ count: Int,
    _ work: @escaping @Sendable (Int) throws -> Value
) throws -> [Value] {
    try (0..<count).map { number in Background { try work(number) } }.map { try $0.value() }
}

/// A switch that threads look at.
final class Flag: Sendable {
    private let state = Atomic(false)

    var isRaised: Bool { state.load(ordering: .acquiring) }

    func raise() {
        state.store(true, ordering: .releasing)
    }
}
