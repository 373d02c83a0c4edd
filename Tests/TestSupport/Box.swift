import Synchronization

/// A value that several tasks read and change.
package final class Box<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>

    package init(_ value: Value) {
        storage = Mutex(value)
    }

    /// The current value.
    package var value: Value { storage.withLock { $0 } }

    /// Replaces the value.
    package func set(_ value: Value) {
        storage.withLock { $0 = value }
    }

    /// Changes the value.
    ///
    /// - Returns: what the change returns.
    @discardableResult package func change<Result: Sendable>(_ change: (inout Value) -> Result) -> Result {
        storage.withLock { change(&$0) }
    }
}
