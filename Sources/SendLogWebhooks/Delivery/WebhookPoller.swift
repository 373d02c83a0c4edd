import Logging
import SendLogCore
import SendLogScheduling
import Synchronization

/// Polls all organisations for webhooks with pending deliveries, while this server has the lease on the poll.
struct WebhookPoller {
    private let dispatcher: WebhookDispatcher
    private let failures: FailureLog
    private let owner: String

    /// The duration of the lease on the poll, in milliseconds: the time until another server polls after a crash.
    static let leaseDuration: Int64 = 10_000

    /// Which server polls.
    private enum Turn {
        case own, other
        /// The lease is unavailable, because its node is down: each server polls, with the longest pauses.
        case unknown
    }

    init(of dispatcher: WebhookDispatcher) {
        self.dispatcher = dispatcher
        failures = FailureLog(dispatcher.context.logger)
        owner = "\(dispatcher.server)-poll"
    }

    /// Polls until the task is cancelled.
    ///
    /// The first poll needs no lease: after a crash, the lease of the former server may not be over.
    func run() async {
        var backoff = PollBackoff(dispatcher.pollPauses)
        var leaseEnd = Timestamp.earliest
        var foundWork = await poll()
        while !Task.isCancelled {
            let turn = await turn(&leaseEnd)
            if turn == .own, let foundWork {
                try? await Task.sleep(for: backoff.pause(afterWork: foundWork))
            } else {
                try? await Task.sleep(for: dispatcher.pollPauses.upperBound * Double.random(in: 0.8...1))
            }
            if Task.isCancelled { break }
            if dispatcher.context.pool.slots.withLock(\.isFull) {
                // Another server, which has free slots, polls meanwhile.
                if leaseEnd > now { leaseEnd = await release() }
                while dispatcher.context.pool.slots.withLock(\.isFull), !Task.isCancelled {
                    try? await Task.sleep(for: dispatcher.pollPauses.lowerBound)
                }
            }
            foundWork = turn == .other ? false : await poll()
        }
        if leaseEnd > now { _ = await release() }
    }

    private var now: Timestamp { dispatcher.context.now() }

    /// Returns which server polls now; renews the lease if half of it is over.
    private func turn(_ leaseEnd: inout Timestamp) async -> Turn {
        let now = now
        if leaseEnd.milliseconds - now.milliseconds > Self.leaseDuration / 2 { return .own }
        let end = now.advanced(by: Self.leaseDuration)
        do {
            let lease = WebhookLease(owner: owner, start: now, end: end)
            let hasLease = try await dispatcher.context.store.leaseWebhookPoll(lease)
            leaseEnd = hasLease ? end : .earliest
            return hasLease ? .own : .other
        } catch {
            return .unknown
        }
    }

    /// Ends the lease, so that another server polls at once.
    ///
    /// - Returns: a time that is over.
    private func release() async -> Timestamp {
        let now = now
        _ = try? await dispatcher.context.store.leaseWebhookPoll(WebhookLease(owner: owner, start: now, end: now))
        return .earliest
    }

    /// Adds the webhooks with pending deliveries to the agenda.
    ///
    /// - Returns: whether there were new ones; `nil` if the poll failed.
    private func poll() async -> Bool? {
        do {
            // More webhooks than there are slots: the first ones may belong to organisations that have used their share.
            let limit = max(1024, 4 * dispatcher.limits.workers)
            let pending = try await dispatcher.context.store.pendingWebhooks(for: dispatcher.lease(), limit: limit)
            return pending.isEmpty ? false : dispatcher.agenda.update { $0.add(pending) }
        } catch {
            if Task.isCancelled { return nil }
            failures.warn("cannot find webhooks with pending deliveries; retrying", ["cause": "\(error)"])
            return nil
        }
    }
}
