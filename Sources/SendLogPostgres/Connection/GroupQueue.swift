import Dispatch
import Foundation
import SendLogCore
import SendLogScheduling
import Synchronization

/// Does in groups what is asked at the same time: what an organisation's requests ask for while one group is worked on goes into the next
/// one together.
///
/// So the more come at once, the less of a round trip, a plan and a commit falls to each. Organisations do not wait for each other: each has
/// a lane, and as many lanes move as there are connections.
final class GroupQueue<Item: Sendable, Value: Sendable>: Sendable {
    /// What one caller asks for, and whom to tell.
    private struct Request: Sendable {
        let item: Item
        let weight: Int
        let since = ContinuousClock.now
        let continuation: UnsafeContinuation<Result<Value, StoreError>, Never>
    }

    private struct Lane {
        var waiting: [Request] = []
        /// How many requests the last group had.
        var lastGroup = 0
    }

    private struct State {
        var lanes: [OrganisationID: Lane] = [:]
        var weightWaiting: FairShares
        var isClosed = false
    }

    /// How much is done at once, and waits.
    struct Limits {
        /// When a group is big enough, in requests and by their weight.
        var full: (requests: Int, weight: Int)
        /// Above which weight of what waits more is turned away.
        var mostWaiting: Int
        /// How long what was asked for may wait.
        var patience: Duration
    }

    private let state: Mutex<State>
    private let taken = DispatchGroup()
    private let pool: ConnectionPool
    private let limits: Limits
    private let isAlone: @Sendable (Item) -> Bool
    private let work: @Sendable ([Item], OrganisationID, PoolThread) -> Result<[Value], StoreError>

    /// Makes a queue that works over a pool of connections.
    ///
    /// - Parameters:
    ///   - pool: the connections, which it closes in the end
    ///   - limits: how much is done at once, and waits
    ///   - isAlone: says of what should not be done together with others
    ///   - work: does a group of an organisation, and answers as many answers, in the same order
    init(
        _ pool: ConnectionPool,
        limits: Limits,
        isAlone: @escaping @Sendable (Item) -> Bool = { _ in false },
        work: @escaping @Sendable ([Item], OrganisationID, PoolThread) -> Result<[Value], StoreError>
    ) {
        self.pool = pool
        self.limits = limits
        state = Mutex(State(weightWaiting: FairShares(capacity: limits.mostWaiting)))
        self.isAlone = isAlone
        self.work = work
    }

    /// Asks for something.
    func answer(to item: Item, weight: Int, in organisation: OrganisationID) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withUnsafeContinuation { continuation in
            let request = Request(item: item, weight: weight, continuation: continuation)
            let (refusal, isFirst) = state.withLock { state -> (Unavailability?, Bool) in
                if state.isClosed { return (.closed, false) }
                if !state.weightWaiting.hasRoom(for: organisation) { return (.overloaded, false) }
                state.weightWaiting.take(weight, for: organisation)
                let isFirst = state.lanes[organisation] == nil
                state.lanes[organisation, default: Lane()].waiting.append(request)
                // Under the lock, so that close() comes behind all that was taken.
                taken.enter()
                return (nil, isFirst)
            }
            if let refusal {
                continuation.resume(returning: .failure(.unavailable(refusal, detail: "the queue refused")))
            } else if isFirst {
                move(organisation)
            }
        }
        return try result.get()
    }

    /// Turns new requests away, waits until those that were taken are answered, and closes the connections.
    func close() {
        state.withLock { $0.isClosed = true }
        taken.wait()
        pool.close()
    }

    /// Does a group of a lane when a connection is free, and so on until the lane is empty.
    private func move(_ organisation: OrganisationID) {
        pool.submit(for: organisation) { [self] thread in
            refuseLate(organisation)
            let group = take(organisation)
            switch thread {
            case .success(let thread):
                let result = group.isEmpty ? .success([]) : work(group.map(\.item), organisation, thread)
                answer(group, result)
                if case .failure = result { endIfClosed(organisation) }
                gather(organisation)
            case .failure(let refusal): answer(group, .failure(refusal))
            }
            if hasMore(organisation) { move(organisation) }
        }
    }

    /// Turns away what has waited in a lane for longer than may be: the groups before it were slow.
    private func refuseLate(_ organisation: OrganisationID) {
        let late = ContinuousClock.now - limits.patience
        refuse(organisation, .unavailable(.overloaded, detail: "what came before took too long")) { $0.since < late }
    }

    /// Once nothing new is taken, a lane whose groups fail is not tried to its end.
    private func endIfClosed(_ organisation: OrganisationID) {
        guard state.withLock(\.isClosed) else { return }
        refuse(
            organisation,
            .unavailable(.closed, detail: "what came before failed while the service was shutting down")
        ) {
            _ in true
        }
    }

    /// Turns away the first in a lane, as many as are refused; they stand in the order in which they came.
    private func refuse(_ organisation: OrganisationID, _ error: StoreError, while isRefused: (Request) -> Bool) {
        let refused = state.withLock { state -> [Request] in
            let refused = Array((state.lanes[organisation]?.waiting ?? []).prefix(while: isRefused))
            state.lanes[organisation]?.waiting.removeFirst(refused.count)
            state.weightWaiting.release(refused.reduce(0) { $0 + $1.weight }, for: organisation)
            return refused
        }
        answer(refused, .failure(error))
    }

    private func take(_ organisation: OrganisationID) -> [Request] {
        state.withLock { state in
            let waiting = state.lanes[organisation]?.waiting ?? []
            var (count, weight) = (0, 0)
            while count < waiting.count, count < limits.full.requests, weight < limits.full.weight {
                let isAlone = isAlone(waiting[count].item)
                if isAlone, count > 0 { break }
                weight += waiting[count].weight
                count += 1
                if isAlone { break }
            }
            state.lanes[organisation]?.waiting.removeFirst(count)
            state.lanes[organisation]?.lastGroup = count
            state.weightWaiting.release(weight, for: organisation)
            return Array(waiting.prefix(count))
        }
    }

    private func answer(_ group: [Request], _ answers: Result<[Value], StoreError>) {
        for (place, request) in group.enumerated() {
            request.continuation.resume(returning: answers.map { $0[place] })
            taken.leave()
        }
    }

    /// Gives requests a moment to become as many as there were in the last group.
    ///
    /// Clients that were answered together come back together. One that is alone waits for nobody.
    private func gather(_ organisation: OrganisationID) {
        for _ in 0..<6 {
            let isFull = state.withLock { state in
                guard let lane = state.lanes[organisation] else { return true }
                return lane.waiting.count >= lane.lastGroup * 7 / 8
            }
            if isFull { return }
            Thread.sleep(forTimeInterval: 0.00005)
        }
    }

    /// Whether more waits in a lane, which ends otherwise.
    private func hasMore(_ organisation: OrganisationID) -> Bool {
        state.withLock { state in
            if state.lanes[organisation]?.waiting.isEmpty == false { return true }
            state.lanes[organisation] = nil
            return false
        }
    }
}
