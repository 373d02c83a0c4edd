import Synchronization

/// A value that several tasks read and change.
package final class Box<Value: Sendable>: Sendable {
    private let kept: Mutex<Value>

    package init(_ value: Value) {
        kept = Mutex(value)
    }

    /// What is in it.
    package var value: Value { kept.withLock { $0 } }

    /// Puts another value into it.
    package func set(_ value: Value) {
        kept.withLock { $0 = value }
    }

    /// Changes what is in it.
    ///
    /// - Returns: what the change returns.
    @discardableResult package func change<Result: Sendable>(_ change: (inout Value) -> Result) -> Result {
        kept.withLock { change(&$0) }
    }
}
