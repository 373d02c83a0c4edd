import Dispatch
import Foundation
import SendLogContent
import SendLogCore
import Synchronization

/// Commits in groups: what waits to be recorded for an organisation while one of its transactions runs goes into the next one together.
///
/// Organisations do not wait for each other: each has a lane, and as many lanes move as there are connections. Nobody is answered before
/// their logs are durable.
final class RecordingQueue: Sendable {
    /// The logs of one call, and whom to tell.
    private struct Request: Sendable {
        let logs: [DigestedSendLog]
        let weight: Int
        let continuation: UnsafeContinuation<Result<[Recording], StoreError>, Never>
    }

    private struct Lane {
        var waiting: [Request] = []
        /// How many requests the last group had.
        var lastGroup = 0
    }

    private struct State {
        var lanes: [OrganisationID: Lane] = [:]
        var bytesWaiting = 0
        var isClosed = false
    }

    /// When a transaction is big enough.
    private static let full = (logs: 5000, bytes: 4 << 20)
    /// How long a transaction may take.
    private static let limit = Duration.seconds(35)

    private let state = Mutex(State())
    private let taken = DispatchGroup()
    private let pool: ConnectionPool
    private let mostWaiting: Int

    /// Records over a pool of connections, and turns logs away while more than `mostWaiting` bytes of them wait.
    init(_ pool: ConnectionPool, mostWaiting: Int) {
        self.pool = pool
        self.mostWaiting = mostWaiting
    }

    func record(
        _ logs: [DigestedSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [Recording] {
        let weight = logs.reduce(0) { $0 + $1.log.weight }
        let result: Result<[Recording], StoreError> = await withUnsafeContinuation { continuation in
            let request = Request(logs: logs, weight: weight, continuation: continuation)
            let (refusal, isFirst) = state.withLock { state -> (Unavailability?, Bool) in
                if state.isClosed { return (.closed, false) }
                if state.bytesWaiting > mostWaiting { return (.overloaded, false) }
                state.bytesWaiting += weight
                let isFirst = state.lanes[organisation] == nil
                state.lanes[organisation, default: Lane()].waiting.append(request)
                // Under the lock, so that close() comes behind all that was taken.
                taken.enter()
                return (nil, isFirst)
            }
            if let refusal {
                continuation.resume(returning: .failure(.unavailable(refusal, detail: "the recording queue refused")))
            } else if isFirst {
                move(organisation)
            }
        }
        return try result.get()
    }

    /// Turns new logs away, waits until those that were taken are recorded, and closes the connections.
    func close() {
        state.withLock { $0.isClosed = true }
        taken.wait()
        pool.close()
    }

    /// Commits a group of a lane when a connection is free, and so on until the lane is empty.
    private func move(_ organisation: OrganisationID) {
        pool.submit { [self] thread in
            let group = take(organisation)
            switch thread {
            case .success(let thread):
                commit(group, in: organisation, on: thread)
                gather(organisation)
            case .failure(let refusal): answer(group, group.map { _ in .failure(refusal) })
            }
            if endOrGoOn(organisation) { move(organisation) }
        }
    }

    /// Gives requests a moment to become as many as there were in the last group.
    ///
    /// Clients that were answered together come back together; the fuller the group, the less of a commit falls to each. One that is alone
    /// waits for nobody.
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

    private func take(_ organisation: OrganisationID) -> [Request] {
        state.withLock { state in
            let waiting = state.lanes[organisation]?.waiting ?? []
            var (count, logs, bytes) = (0, 0, 0)
            while count < waiting.count, logs < Self.full.logs, bytes < Self.full.bytes {
                // What waits on a disk takes long, and may be what fails: it goes alone.
                let isSpooled = waiting[count].logs.contains(where: \.log.destinations.isSpooled)
                if isSpooled, count > 0 { break }
                logs += waiting[count].logs.count
                bytes += waiting[count].weight
                count += 1
                if isSpooled { break }
            }
            state.lanes[organisation]?.waiting.removeFirst(count)
            state.lanes[organisation]?.lastGroup = count
            let group = Array(waiting.prefix(count))
            state.bytesWaiting -= group.reduce(0) { $0 + $1.weight }
            return group
        }
    }

    /// - Returns: whether more waits in the lane.
    private func endOrGoOn(_ organisation: OrganisationID) -> Bool {
        state.withLock { state in
            if state.lanes[organisation]?.waiting.isEmpty == false { return true }
            state.lanes[organisation] = nil
            return false
        }
    }

    private func commit(_ group: [Request], in organisation: OrganisationID, on thread: PoolThread) {
        if group.isEmpty { return }
        let logs = group.flatMap(\.logs)
        var isRepeated = false
        let result = thread.perform(within: Self.limit) { connection in
            let call = RecordingCall(organisation: organisation, connection: connection, isRepeated: isRepeated)
            do {
                return try call.record(logs)
            } catch let failure as PostgresFailure {
                if failure.leavesDoubt { isRepeated = true }
                throw failure
            }
        }
        switch result {
        case .success(let outcomes):
            var begin = 0
            let results = group.map { request -> Result<[Recording], StoreError> in
                defer { begin += request.logs.count }
                return .success(Array(outcomes[begin..<begin + request.logs.count]))
            }
            answer(group, results)
        case .failure(let error):
            answer(group, group.map { _ in .failure(error) })
        }
    }

    private func answer(_ group: [Request], _ results: [Result<[Recording], StoreError>]) {
        for (request, result) in zip(group, results) {
            request.continuation.resume(returning: result)
            taken.leave()
        }
    }
}
