public import Logging
public import SendLogCore
public import ServiceLifecycle
import Synchronization

/// Looks for webhooks that have something to tell, and works for each of them by itself: a receiver that is slow or dead
/// delays nobody else.
public struct WebhookDispatcher: Service {
    private let tools: WebhookLane.Tools
    /// Who this server is to others with the same database.
    private let server: String
    private let mostLanes: Int
    /// Where all of this is done; `nil` for anywhere.
    private let executor: (any TaskExecutor)?
    private let keepDays: Int

    /// Makes a dispatcher.
    ///
    /// - Parameters:
    ///   - store: what is told, and how far
    ///   - courier: carries it
    ///   - schedule: when to try again
    ///   - executor: where to work; `nil` for anywhere
    ///   - mostLanes: for how many webhooks to work at the same time
    ///   - keepDays: for how many days to keep deliveries
    ///   - logger: where failures are told
    ///   - now: the time
    public init(
        store: any Store,
        courier: any WebhookCourier,
        schedule: RetrySchedule,
        executor: (any TaskExecutor)? = nil,
        mostLanes: Int,
        keepDays: Int,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        tools = WebhookLane.Tools(store: store, courier: courier, schedule: schedule, logger: logger, now: now)
        self.executor = executor
        self.mostLanes = mostLanes
        self.keepDays = keepDays
        server = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// Works until the server stops; then attempts in progress are called off and made again later.
    public func run() async throws {
        await withTaskExecutorPreference(executor) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await cancelWhenGracefulShutdown { await forget() } }
                group.addTask { await cancelWhenGracefulShutdown { await dispatch() } }
            }
        }
    }

    private var store: any Store { tools.store }
    private var logger: Logger { tools.logger }
    private func now() -> Timestamp { tools.now() }

    private func dispatch() async {
        await withDiscardingTaskGroup { lanes in
            let count = LaneCount()
            var turn = 0
            while !Task.isCancelled {
                let end = now().later(by: WebhookLane.term)
                // Another name each time: a lane whose term is over does not pass for the one that came after it.
                turn += 1
                let holder = "\(server)-\(turn)"
                do {
                    let taken =
                        count.open < mostLanes
                        ? try await store.takeWebhooks(for: holder, at: now(), until: end, most: mostLanes - count.open)
                        : []
                    for webhook in taken {
                        count.add(1)
                        lanes.addTask {
                            defer { count.add(-1) }
                            var lane = WebhookLane(webhook, until: end, for: holder, with: tools)
                            await lane.run { count.open >= mostLanes }
                        }
                    }
                } catch {
                    logger.warning("cannot look for webhooks' work; trying again", metadata: ["cause": "\(error)"])
                    try? await Task.sleep(for: .seconds(2))
                }
                try? await Task.sleep(for: WebhookLane.interval)
            }
        }
    }

    private func forget() async {
        while !Task.isCancelled {
            let moment = now().later(by: -Int64(keepDays) * 86_400_000)
            do {
                while try await store.forgetDeliveries(before: moment) > 0, !Task.isCancelled {}
            } catch {
                logger.warning("cannot forget old deliveries; trying again", metadata: ["cause": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(600))
        }
    }
}

/// How many lanes are open.
private final class LaneCount: Sendable {
    private let count = Mutex(0)

    var open: Int { count.withLock { $0 } }

    func add(_ change: Int) { count.withLock { $0 += change } }
}
