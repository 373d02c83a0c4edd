import Synchronization

/// A container whose value can be taken once, so that a closure that captured it does not keep the value in memory.
final class SingleUse<Value: Sendable>: Sendable {
    private let value: Mutex<Value?>

    init(_ value: Value) { self.value = Mutex(value) }

    /// Removes and returns the value; `nil` if it was taken before.
    func take() -> Value? {
        value.withLock { value in
            defer { value = nil }
            return value
        }
    }
}
