import Dispatch
import Foundation
import SendLogCore
import SendLogScheduling
import Synchronization

/// Processes concurrent requests in groups: requests of an organisation that arrive while one group is processed form
/// the next group.
///
/// A group shares the cost of one round trip, one query plan and one commit. Each organisation has its own queue, and
/// as many queues are processed at once as there are connections.
final class GroupQueue<Item: Sendable, Value: Sendable>: Sendable {
    /// An item, and the continuation of the caller that waits for its result.
    private struct Request: Sendable {
        let item: Item
        let weight: Int
        let since = ContinuousClock.now
        let continuation: UnsafeContinuation<Result<Value, StoreError>, Never>
    }

    private struct OrganisationQueue {
        var waiting: [Request] = []
        /// The number of requests in the last group.
        var lastGroupSize = 0
    }

    private struct State {
        var queues: [OrganisationID: OrganisationQueue] = [:]
        var weightWaiting: FairShares
        var isClosed = false
    }

    /// The limits of a queue.
    struct Limits {
        /// The size at which a group is complete, in requests and in weight.
        var maxGroupSize: (requests: Int, weight: Int)
        /// The total weight of waiting requests above which the queue refuses more.
        var maxWaitingWeight: Int
        /// The time that a request may wait.
        var waitTimeout: Duration
    }

    private let state: Mutex<State>
    private let accepted = DispatchGroup()
    private let pool: ConnectionPool
    private let limits: Limits
    private let needsOwnGroup: @Sendable (Item) -> Bool
    private let work: @Sendable ([Item], OrganisationID, PoolThread) -> Result<[Value], StoreError>

    /// Creates a queue that processes its groups on the connections of a pool.
    ///
    /// - Parameters:
    ///   - pool: the connections, which ``close()`` closes
    ///   - limits: the limits of groups and of waiting requests
    ///   - needsOwnGroup: returns whether an item must not share a group with others
    ///   - work: processes a group of one organisation, and returns one value for each item, in the same order
    init(
        _ pool: ConnectionPool,
        limits: Limits,
        needsOwnGroup: @escaping @Sendable (Item) -> Bool = { _ in false },
        work: @escaping @Sendable ([Item], OrganisationID, PoolThread) -> Result<[Value], StoreError>
    ) {
        self.pool = pool
        self.limits = limits
        state = Mutex(State(weightWaiting: FairShares(capacity: limits.maxWaitingWeight)))
        self.needsOwnGroup = needsOwnGroup
        self.work = work
    }

    /// Submits an item, and waits for its value.
    func submit(_ item: Item, weight: Int, in organisation: OrganisationID) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withUnsafeContinuation { continuation in
            let request = Request(item: item, weight: weight, continuation: continuation)
            let (refusal, isFirst) = state.withLock { state -> (Unavailability?, Bool) in
                if state.isClosed { return (.closed, false) }
                if !state.weightWaiting.hasRoom(for: organisation) { return (.overloaded, false) }
                state.weightWaiting.acquire(weight, for: organisation)
                let isFirst = state.queues[organisation] == nil
                state.queues[organisation, default: OrganisationQueue()].waiting.append(request)
                // Under the lock, so that close() waits for every accepted request.
                accepted.enter()
                return (nil, isFirst)
            }
            if let refusal {
                continuation.resume(returning: .failure(.unavailable(refusal, detail: "the queue is full or closed")))
            } else if isFirst {
                processNext(organisation)
            }
        }
        return try result.get()
    }

    /// Refuses new requests, waits until all accepted requests are complete, and closes the connections.
    func close() {
        state.withLock { $0.isClosed = true }
        accepted.wait()
        pool.close()
    }

    /// Processes a group of an organisation's queue on the next free connection, and repeats until the queue is empty.
    private func processNext(_ organisation: OrganisationID) {
        pool.submit(for: organisation) { [self] thread in
            refuseExpired(organisation)
            let group = dequeueGroup(organisation)
            switch thread {
            case .success(let thread):
                let result = group.isEmpty ? .success([]) : work(group.map(\.item), organisation, thread)
                complete(group, result)
                if case .failure = result { refuseAllIfClosed(organisation) }
                gather(organisation)
            case .failure(let refusal): complete(group, .failure(refusal))
            }
            if hasMore(organisation) { processNext(organisation) }
        }
    }

    /// Refuses the requests that have waited longer than the wait timeout, because the groups before them were slow.
    private func refuseExpired(_ organisation: OrganisationID) {
        let late = ContinuousClock.now - limits.waitTimeout
        refuse(organisation, .unavailable(.overloaded, detail: "earlier requests took too long")) { $0.since < late }
    }

    /// Refuses all waiting requests of an organisation after a group failed during shutdown, instead of trying them.
    private func refuseAllIfClosed(_ organisation: OrganisationID) {
        guard state.withLock(\.isClosed) else { return }
        refuse(
            organisation,
            .unavailable(.closed, detail: "earlier requests failed while the service was shutting down")
        ) {
            _ in true
        }
    }

    /// Refuses the requests at the front of a queue while a condition holds; the queue is in order of arrival.
    private func refuse(_ organisation: OrganisationID, _ error: StoreError, while isRefused: (Request) -> Bool) {
        let refused = state.withLock { state -> [Request] in
            let refused = Array((state.queues[organisation]?.waiting ?? []).prefix(while: isRefused))
            state.queues[organisation]?.waiting.removeFirst(refused.count)
            state.weightWaiting.release(refused.reduce(0) { $0 + $1.weight }, for: organisation)
            return refused
        }
        complete(refused, .failure(error))
    }

    private func dequeueGroup(_ organisation: OrganisationID) -> [Request] {
        state.withLock { state in
            let waiting = state.queues[organisation]?.waiting ?? []
            var (count, weight) = (0, 0)
            while count < waiting.count, count < limits.maxGroupSize.requests, weight < limits.maxGroupSize.weight {
                let needsOwnGroup = needsOwnGroup(waiting[count].item)
                if needsOwnGroup, count > 0 { break }
                weight += waiting[count].weight
                count += 1
                if needsOwnGroup { break }
            }
            state.queues[organisation]?.waiting.removeFirst(count)
            state.queues[organisation]?.lastGroupSize = count
            state.weightWaiting.release(weight, for: organisation)
            return Array(waiting.prefix(count))
        }
    }

    private func complete(_ group: [Request], _ answers: Result<[Value], StoreError>) {
        for (index, request) in group.enumerated() {
            request.continuation.resume(returning: answers.map { $0[index] })
            accepted.leave()
        }
    }

    /// Waits for up to 6 sleeps of 50 µs until about as many requests wait as the last group had.
    ///
    /// Clients whose requests complete together usually send the next ones together. A single client causes no wait.
    private func gather(_ organisation: OrganisationID) {
        for _ in 0..<6 {
            let isFull = state.withLock { state in
                guard let queue = state.queues[organisation] else { return true }
                return queue.waiting.count >= queue.lastGroupSize * 7 / 8
            }
            if isFull { return }
            Thread.sleep(forTimeInterval: 0.00005)
        }
    }

    /// Returns whether an organisation's queue has more requests, and removes the queue if it is empty.
    private func hasMore(_ organisation: OrganisationID) -> Bool {
        state.withLock { state in
            if state.queues[organisation]?.waiting.isEmpty == false { return true }
            state.queues[organisation] = nil
            return false
        }
    }
}
