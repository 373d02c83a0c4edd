import NIOCore
import Synchronization

/// The state that the connections of one event loop share.
///
/// Everything except the enqueuing of jobs happens on that event loop.
final class ConnectionLoop: TaskExecutor {
    let loop: any EventLoop
    let responder: any HTTPResponder
    /// The number of tasks that handle requests, including requests of clients that have disconnected.
    let running = Atomic<Int>(0)
    private let unflushed: NIOLoopBoundBox<[ChannelHandlerContext]>
    private let open: NIOLoopBoundBox<[ObjectIdentifier: ChannelHandlerContext]>
    private let closing: NIOLoopBoundBox<Bool>
    /// Whether the end of the turn is already scheduled.
    private let isTurn: NIOLoopBoundBox<Bool>

    /// The maximum time to wait for the last requests after cancellation, in steps of 5 ms.
    private static let maxSteps = 1000

    init(_ loop: any EventLoop, _ responder: any HTTPResponder) {
        (self.loop, self.responder) = (loop, responder)
        unflushed = .makeBoxSendingValue([], eventLoop: loop)
        open = .makeBoxSendingValue([:], eventLoop: loop)
        closing = .makeBoxSendingValue(false, eventLoop: loop)
        isTurn = .makeBoxSendingValue(false, eventLoop: loop)
    }

    /// Runs a task's job on the event loop, so that a request is handled where its connection is, without a thread
    /// switch.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Waits until no task runs on the event loop; after cancellation, for at most ``maxSteps`` steps.
    func drain() async {
        var steps = 0
        while running.load(ordering: .acquiring) > 0, steps < Self.maxSteps {
            if Task.isCancelled { steps += 1 }
            // Unlike `Task.sleep`, this does not end early when the task is cancelled.
            await withUnsafeContinuation { continuation in
                loop.scheduleTask(in: .milliseconds(5)) { continuation.resume() }
            }
        }
    }

    /// Registers an open connection.
    func add(_ context: ChannelHandlerContext) { open.value[ObjectIdentifier(context)] = context }

    /// Unregisters a closed connection.
    func remove(_ context: ChannelHandlerContext) { open.value[ObjectIdentifier(context)] = nil }

    /// Whether the time to shut down is over, and the server closes all connections.
    var isClosing: Bool { closing.value }

    /// Closes all connections.
    func closeConnections() {
        loop.execute {
            self.closing.value = true
            for context in self.open.value.values { context.close(promise: nil) }
        }
    }

    /// Passes a request to the responder.
    func respond(to request: HTTPRequest, _ writer: ResponseWriter) -> (any HTTPResponder).DeferredResponse? {
        scheduleEndOfTurn()
        return responder.respond(to: request, writer)
    }

    /// Flushes a connection's writes once the event loop has processed the input that arrived at the same time.
    ///
    /// Each flush wakes its client. Clients that get their responses together wake up together, and send their next
    /// requests together.
    func scheduleFlush(_ context: ChannelHandlerContext) {
        scheduleEndOfTurn()
        unflushed.value.append(context)
    }

    private func scheduleEndOfTurn() {
        if isTurn.value { return }
        isTurn.value = true
        loop.execute { self.endTurn() }
    }

    private func endTurn() {
        isTurn.value = false
        responder.endTurn()
        let contexts = unflushed.value
        unflushed.value = []
        for context in contexts { context.flush() }
    }
}
