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
        let continuation: UnsafeContinuation<Result<Value, StoreError>, Never>
    }

    /// The size of an item.
    typealias Cost = (items: Int, weight: Int, needsOwnGroup: Bool)

    private let state: Mutex<GroupCommit<Request>>
    private let accepted = DispatchGroup()
    private let pool: ConnectionPool
    private let cost: @Sendable (Item) -> Cost
    private let work: Work

    /// Attempts to process a group of one organisation; if it succeeds, it returns one value for each item, in order.
    typealias Work = @Sendable ([Item], OrganisationID, PoolThread, inout Attempts) -> PoolThread.Outcome<[Value]>

    /// Creates a queue that processes its groups on the connections of a pool.
    ///
    /// - Parameters:
    ///   - pool: the connections, which ``close()`` closes
    ///   - maxGroup: the size at which a group is complete, in items and in weight
    ///   - maxWaitingWeight: the total weight of waiting requests above which the queue refuses more
    ///   - waitTimeout: the time that a request may wait
    ///   - cost: returns the size of an item
    ///   - work: attempts to process a group
    init(
        _ pool: ConnectionPool,
        maxGroup: (items: Int, weight: Int),
        maxWaitingWeight: Int,
        waitTimeout: Duration,
        cost: @escaping @Sendable (Item) -> Cost,
        work: @escaping Work
    ) {
        self.pool = pool
        let limits = GroupCommit<Request>.Limits(
            maxGroup: maxGroup,
            maxWaitingWeight: maxWaitingWeight,
            waitTimeout: waitTimeout
        )
        state = Mutex(GroupCommit(limits, scope: .organisation))
        self.cost = cost
        self.work = work
    }

    /// Submits an item, and waits for its value.
    func submit(_ item: Item, in organisation: OrganisationID) async throws(StoreError) -> Value {
        if let refusal = pool.refusal(for: organisation) { throw refusal }
        let (items, weight, needsOwnGroup) = cost(item)
        let result: Result<Value, StoreError> = await withUnsafeContinuation { continuation in
            let request = Request(item: item, continuation: continuation)
            let admission = state.withLock { state in
                let admission = state.submit(
                    request,
                    .init(items: items, weight: weight, needsOwnGroup: needsOwnGroup),
                    for: organisation,
                    at: .now
                )
                // Under the lock, so that close() waits for every accepted request.
                if case .accepted = admission { accepted.enter() }
                return admission
            }
            switch admission {
            case .refused(let reason):
                continuation.resume(returning: .failure(.unavailable(reason, detail: "the queue is full or closed")))
            case .accepted(let starts): if starts { processNext(organisation) }
            }
        }
        return try result.get()
    }

    /// Refuses new requests, waits until all accepted requests are complete, and closes the connections.
    func close() {
        state.withLock { $0.close() }
        accepted.wait()
        pool.close()
    }

    /// Processes a group of an organisation's queue on the next free connection, and repeats until the queue is empty.
    private func processNext(_ organisation: OrganisationID) {
        while let refusal = pool.refusal(for: organisation) {
            let (group, late) = state.withLock { $0.nextGroup(for: organisation, at: .now) }
            complete(group + late, .failure(refusal))
            let end = state.withLock { $0.endGroup(for: organisation, hasFailed: true) }
            complete(end.refused, .failure(refusal))
            if !end.hasMore { return }
        }
        pool.submit(for: organisation) { [self] thread in
            let (group, late) = state.withLock { $0.nextGroup(for: organisation, at: .now) }
            complete(late, .failure(.unavailable(.overloaded, detail: "earlier requests took too long")))
            process(group, of: organisation, Attempts(), on: thread)
        }
    }

    /// Attempts to process a group until it is completed, then processes the next one.
    private func process(
        _ group: [Request],
        of organisation: OrganisationID,
        _ attempts: Attempts,
        on thread: Result<PoolThread, StoreError>
    ) {
        var hasFailed = false
        switch thread {
        case .success(let thread):
            var attempts = attempts
            switch group.isEmpty ? .completed(.success([])) : work(group.map(\.item), organisation, thread, &attempts) {
            case .completed(let result):
                // Before the next group, which may be refused because of this one.
                pool.recordEnd(of: thread, for: organisation)
                complete(group, result)
                if case .failure = result { hasFailed = true }
            case .retry(let delay):
                pool.submit(for: organisation, after: delay) { [self, attempts] thread in
                    process(group, of: organisation, attempts, on: thread)
                }
                return
            }
            gather(organisation)
        case .failure(let refusal): complete(group, .failure(refusal))
        }
        let end = state.withLock { $0.endGroup(for: organisation, hasFailed: hasFailed) }
        complete(
            end.refused,
            .failure(.unavailable(.closed, detail: "earlier requests failed while the service was shutting down"))
        )
        if end.hasMore { processNext(organisation) }
    }

    private func complete(_ group: [Request], _ answers: Result<[Value], StoreError>) {
        for (index, request) in group.enumerated() {
            request.continuation.resume(returning: answers.map { $0[index] })
            accepted.leave()
        }
    }

    /// Waits for up to 6 sleeps of 50 µs until about as many requests wait as the last group had.
    ///
    /// A single client causes no wait.
    private func gather(_ organisation: OrganisationID) {
        for _ in 0..<6 where state.withLock({ $0.isGathering(for: organisation) }) {
            Thread.sleep(forTimeInterval: 0.00005)
        }
    }
}
