import Dispatch
import GRDB
import SendLogCore
import SendLogScheduling
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The queue for all writes to the database, which records waiting requests in groups.
///
/// While one transaction is written, new requests wait and go into the next transaction together. Each commit costs one
/// fsync, so a larger group lowers the cost per request. A call returns when its logs are durable.
///
/// Organisations take turns, and each can use only a part of the memory. So the imports of one organisation do not
/// delay the writes of others, or cause their rejection.
final class RecordingQueue: Sendable {
    private enum Request: Sendable {
        case record(RecordingRequest)
        /// A write of another kind, in a separate transaction.
        case write(@Sendable () -> Void)

        var logs: Int { if case .record(let request) = self { request.logs.count } else { 0 } }
        /// The size that counts against the memory limit, in bytes; a fixed estimate for a write of another kind.
        var weight: Int { if case .record(let request) = self { request.weight } else { 4096 } }
    }

    /// The logs of one call, and the continuation that receives their outcomes.
    private struct RecordingRequest: Sendable {
        let logs: [PreparedSendLog]
        let weight: Int
        let organisation: OrganisationID
        let continuation: UnsafeContinuation<Result<[RecordingOutcome], StoreError>, Never>
    }

    private struct State {
        var waiting = FairQueue<Request>()
        var bytesWaiting: FairShares
        var isRunning = false
        var isClosed = false
    }

    /// The size from which a transaction accepts no more requests, in logs and in bytes.
    private static let maxGroupSize = (logs: 5000, bytes: 4 << 20)

    private let state: Mutex<State>
    private let database: Connection
    private let campaigns = CampaignNumberCache()
    private let thread = DispatchQueue(label: "sendlog.sqlite.recording")

    /// Creates a queue that writes to a database, and rejects requests while about `maxWaitingBytes` bytes wait.
    init(_ database: Connection, maxWaitingBytes: Int) {
        self.database = database
        state = Mutex(State(bytesWaiting: FairShares(capacity: maxWaitingBytes)))
    }

    func record(
        _ logs: [PreparedSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecordingOutcome] {
        let weight = logs.reduce(0) { $0 + $1.log.weight }
        let result: Result<[RecordingOutcome], StoreError> = await withUnsafeContinuation { continuation in
            let request = RecordingRequest(
                logs: logs,
                weight: weight,
                organisation: organisation,
                continuation: continuation
            )
            if let refusal = submit(.record(request), for: organisation) {
                continuation.resume(returning: .failure(refusal))
            }
        }
        return try result.get()
    }

    /// Runs a write of another kind in a separate transaction.
    func write<Value: Sendable>(
        for organisation: OrganisationID,
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withUnsafeContinuation { continuation in
            let write: @Sendable () -> Void = { [database] in
                continuation.resume(returning: Result { try database.write(body) }.mapError { StoreError($0) })
            }
            if let refusal = submit(.write(write), for: organisation) {
                continuation.resume(returning: .failure(refusal))
            }
        }
        return try result.get()
    }

    /// Adds a request to the queue.
    ///
    /// - Parameters:
    ///   - request: the request to add
    ///   - organisation: the organisation that the request belongs to
    /// - Returns: the error if the queue rejects the request.
    private func submit(_ request: Request, for organisation: OrganisationID) -> StoreError? {
        let refusal = state.withLock { state -> Unavailability? in
            if state.isClosed { return .closed }
            if !state.bytesWaiting.hasRoom(for: organisation) { return .overloaded }
            state.waiting.append(request, for: organisation)
            state.bytesWaiting.acquire(request.weight, for: organisation)
            // Dispatched under the lock, so that `close()` waits for every accepted request.
            if !state.isRunning { thread.async { self.run() } }
            state.isRunning = true
            return nil
        }
        return refusal.map { .unavailable($0, detail: "the recording queue is full or closed") }
    }

    /// Rejects new requests and waits until the accepted ones are written.
    func close() {
        state.withLock { $0.isClosed = true }
        thread.sync {}
    }

    /// Waits up to 0.3 ms (6 × 50 µs) for nearly as many requests as the last group had.
    ///
    /// Clients that receive their responses together send their next requests together, and a larger group lowers the
    /// cost of the commit per request. After a group of one request there is no wait.
    ///
    /// - Parameter last: the number of requests in the last group
    private func gather(_ last: Int) {
        for _ in 0..<6 where state.withLock({ $0.waiting.count < last * 7 / 8 }) { usleep(50) }
    }

    private func run() {
        var last = 0
        while true {
            gather(last)
            let group = state.withLock { state in
                var (group, logs, bytes): ([Request], Int, Int) = ([], 0, 0)
                while logs < Self.maxGroupSize.logs, bytes < Self.maxGroupSize.bytes, let next = state.waiting.first {
                    // A write of another kind needs a separate transaction.
                    if case .write = next, !group.isEmpty { break }
                    guard let (organisation, request) = state.waiting.next() else { break }
                    logs += request.logs
                    bytes += request.weight
                    state.bytesWaiting.release(request.weight, for: organisation)
                    group.append(request)
                    if case .write = request { break }
                }
                state.isRunning = !group.isEmpty
                return group
            }
            if case .write(let body)? = group.first {
                body()
                continue
            }
            let requests = group.compactMap { if case .record(let request) = $0 { request } else { nil } }
            if requests.isEmpty { return }
            last = requests.count
            for (request, result) in zip(requests, commit(requests)) { request.continuation.resume(returning: result) }
        }
    }

    private func commit(_ group: [RecordingRequest]) -> [Result<[RecordingOutcome], StoreError>] {
        do {
            var outcomes: [[RecordingOutcome]] = []
            try database.write { connection in
                var transaction = RecordingTransaction(connection, campaigns: campaigns)
                outcomes = try group.map { try transaction.record($0.logs, in: $0.organisation) }
                try transaction.writeCounters()
            }
            campaigns.commit()
            return outcomes.map { .success($0) }
        } catch {
            campaigns.rollBack()
            guard group.count > 1, Self.isRequestError(error) else {
                return group.map { _ in .failure(StoreError(error)) }
            }
            // One request failed the whole group: retry each request in a separate transaction.
            return group.flatMap { commit([$0]) }
        }
    }
}
extension RecordingQueue {
    /// Returns whether a request (such as one with an unreadable spool) made a transaction fail, and not the database.
    private static func isRequestError(_ error: any Error) -> Bool {
        !(error is DatabaseError)
    }
}
