import Synchronization

/// A request to stop waiting for a statement; the thread that waits looks at it.
final class Interruption: Sendable {
    private let flag = Atomic(false)

    /// Whether to stop waiting.
    var isRequested: Bool { flag.load(ordering: .acquiring) }

    func request() {
        flag.store(true, ordering: .releasing)
    }
}
