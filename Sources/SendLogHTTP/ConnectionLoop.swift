import NIOCore
import Synchronization

/// What the connections of one event loop share.
///
/// Everything but the enqueuing of jobs happens on that loop.
final class ConnectionLoop: TaskExecutor {
    let loop: any EventLoop
    /// How many requests are being answered by tasks, those of clients that are gone among them.
    let running = Atomic<Int>(0)
    private let unsent: NIOLoopBoundBox<[ChannelHandlerContext]?>
    private let open: NIOLoopBoundBox<[ObjectIdentifier: ChannelHandlerContext]>

    /// How long the last requests may take when their connections are closed, in steps of 5 ms.
    private static let maxSteps = 1000

    init(_ loop: any EventLoop) {
        self.loop = loop
        unsent = .makeEmptyBox(valueType: [ChannelHandlerContext].self, eventLoop: loop)
        open = .makeBoxSendingValue([:], eventLoop: loop)
    }

    /// Runs tasks here, so that a request is answered where its connection is, without a change of threads.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Waits until no task runs here any more; once it is cancelled, for a few seconds.
    func drain() async {
        var steps = 0
        while running.load(ordering: .acquiring) > 0, steps < Self.maxSteps {
            if Task.isCancelled { steps += 1 }
            // Does not end early when it is cancelled, as `Task.sleep` does.
            await withUnsafeContinuation { continuation in
                loop.scheduleTask(in: .milliseconds(5)) { continuation.resume() }
            }
        }
    }

    /// Notes a connection that was opened.
    func noteOpen(_ context: ChannelHandlerContext) { open.value[ObjectIdentifier(context)] = context }

    /// Notes a connection that was closed.
    func noteClosed(_ context: ChannelHandlerContext) { open.value[ObjectIdentifier(context)] = nil }

    /// Closes all connections.
    func closeConnections() {
        loop.execute { for context in self.open.value.values { context.close(promise: nil) } }
    }

    /// Sends what was written, once everything that came in at the same time was seen to.
    ///
    /// Clients are woken by what they get. Those that get their answers together are woken once, and ask again together.
    func flushSoon(_ context: ChannelHandlerContext) {
        if unsent.value == nil {
            unsent.value = [context]
            loop.execute { self.flush() }
        } else {
            unsent.value?.append(context)
        }
    }

    private func flush() {
        let contexts = unsent.value ?? []
        unsent.value = nil
        for context in contexts { context.flush() }
    }
}
