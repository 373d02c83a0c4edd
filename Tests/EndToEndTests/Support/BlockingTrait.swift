import Foundation
import Synchronization
import Testing

/// Tests that wait more than they work run on threads beside those that all tests share, and keep nobody from working.
///
/// A test blocks its thread, and there are as few of those as the machine has cores.
struct BlockingTrait: TestTrait, SuiteTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingExecutor.shared) { try await function() }
    }
}

extension Trait where Self == BlockingTrait {
    /// Waits more than it works.
    static var blocking: Self { Self() }
}

/// A few threads on which tests wait.
private final class BlockingExecutor: TaskExecutor {
    static let shared = BlockingExecutor(threads: 8)

    private let jobs = Mutex<[UnownedJob]>([])
    private let arrivals = DispatchSemaphore(value: 0)

    private init(threads: Int) {
        for _ in 0..<threads {
            Thread.detachNewThread { [self] in
                while true {
                    arrivals.wait()
                    let job = jobs.withLock { $0.removeFirst() }
                    job.runSynchronously(on: asUnownedTaskExecutor())
                }
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        arrivals.signal()
    }
}
