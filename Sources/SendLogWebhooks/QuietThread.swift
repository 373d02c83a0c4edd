import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The one thread on which all is done that webhooks ask for; where the machine is busy, recording and searching go first.
final class QuietThread: TaskExecutor {
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop: any EventLoop

    init() {
        loop = loops.next()
        #if canImport(Glibc)
        // Linux gives each thread a niceness of its own, and names this one by 0.
        loop.execute { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 15) }
        #endif
    }

    /// See `TaskExecutor`.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    func close() async { try? await loops.shutdownGracefully() }
}
