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
        /// A write of another kind, in a separate transaction; refused with an error instead if it cannot run.
        case write(@Sendable (StoreError?) -> Void)

        func refuse(_ error: StoreError) {
            switch self {
            case .record(let request): request.continuation.resume(returning: .failure(error))
            case .write(let body): body(error)
            }
        }
    }

    /// The logs of one call, and the continuation that receives their outcomes.
    private struct RecordingRequest: Sendable {
        let logs: [PreparedSendLog]
        let organisation: OrganisationID
        let continuation: UnsafeContinuation<Result<[RecordingOutcome], StoreError>, Never>
    }

    /// The size from which a transaction accepts no more requests, in logs and in bytes.
    private static let maxGroup = (items: 5000, weight: 4 << 20)
    /// The weight of a write of another kind, in bytes.
    private static let writeWeight = 4096

    private let state: Mutex<GroupCommit<Request>>
    private let database: Connection
    private let campaigns = CampaignNumberCache()
    private let thread = DispatchQueue(label: "sendlog.sqlite.recording")

    /// Creates a queue that writes to a database.
    ///
    /// - Parameters:
    ///   - database: the connection
    ///   - maxWaitingBytes: the number of waiting bytes above which requests are refused
    ///   - waitTimeout: the time that a request may wait for the transactions before it
    init(_ database: Connection, maxWaitingBytes: Int, waitTimeout: Duration) {
        self.database = database
        let limits = GroupCommit<Request>.Limits(
            maxGroup: Self.maxGroup,
            maxWaitingWeight: maxWaitingBytes,
            waitTimeout: waitTimeout
        )
        state = Mutex(GroupCommit(limits, scope: .all))
    }

    func record(
        _ logs: [PreparedSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecordingOutcome] {
        let weight = logs.reduce(0) { $0 + $1.weight }
        let result: Result<[RecordingOutcome], StoreError> = await withUnsafeContinuation { continuation in
            let request = RecordingRequest(logs: logs, organisation: organisation, continuation: continuation)
            submit(.record(request), .init(items: logs.count, weight: weight), for: organisation)
        }
        return try result.get()
    }

    /// Runs a write of another kind in a separate transaction.
    func write<Value: Sendable>(
        for organisation: OrganisationID,
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withUnsafeContinuation { continuation in
            let write: @Sendable (StoreError?) -> Void = { [database] refusal in
                if let refusal { return continuation.resume(returning: .failure(refusal)) }
                continuation.resume(returning: Result { try database.write(body) }.mapError { StoreError($0) })
            }
            submit(.write(write), .init(items: 1, weight: Self.writeWeight, needsOwnGroup: true), for: organisation)
        }
        return try result.get()
    }

    /// Adds a request to the queue, or refuses it.
    private func submit(_ request: Request, _ cost: GroupCommit<Request>.Cost, for organisation: OrganisationID) {
        let admission = state.withLock { state in
            let admission = state.submit(request, cost, for: organisation, at: .now)
            // Dispatched under the lock, so that `close()` waits for every accepted request.
            if case .accepted(starts: true) = admission { thread.async { self.run() } }
            return admission
        }
        if case .refused(let reason) = admission {
            request.refuse(.unavailable(reason, detail: "the recording queue is full or closed"))
        }
    }

    /// Rejects new requests and waits until the accepted ones are written.
    func close() {
        state.withLock { $0.close() }
        thread.sync {}
    }

    /// Waits 50 µs for more requests, unless nearly as many wait as the last group had.
    ///
    /// A larger group lowers the cost of the commit per request, but this thread and the event loop idle in turns during
    /// a longer wait. After a group of one request there is no wait.
    private func gather() {
        if state.withLock({ $0.isGathering(for: .server) }) { usleep(50) }
    }

    private func run() {
        var hasMore = true
        while hasMore {
            let (group, late) = state.withLock { $0.nextGroup(for: .server, at: .now) }
            for request in late {
                request.refuse(.unavailable(.overloaded, detail: "earlier requests took too long"))
            }
            let hasFailed = process(group)
            gather()
            let end = state.withLock { $0.endGroup(for: .server, hasFailed: hasFailed) }
            for request in end.refused {
                request.refuse(
                    .unavailable(.closed, detail: "earlier requests failed while the service was shutting down")
                )
            }
            hasMore = end.hasMore
        }
    }

    /// Writes a group.
    ///
    /// - Returns: whether the database failed.
    private func process(_ group: [Request]) -> Bool {
        if case .write(let body)? = group.first {
            body(nil)
            return false
        }
        let requests = group.compactMap { if case .record(let request) = $0 { request } else { nil } }
        if requests.isEmpty { return false }
        var hasFailed = false
        for (request, result) in zip(requests, commit(requests, &hasFailed)) {
            request.continuation.resume(returning: result)
        }
        return hasFailed
    }

    private func commit(_ group: [RecordingRequest], _ hasFailed: inout Bool) -> [Result<
        [RecordingOutcome], StoreError
    >] {
        do {
            var outcomes: [[RecordingOutcome]] = []
            try database.write { connection in
                var transaction = RecordingTransaction(connection, campaigns: campaigns)
                outcomes = try group.map { try transaction.record($0.logs, in: $0.organisation) }
                try transaction.finish()
            }
            campaigns.commit()
            return outcomes.map { .success($0) }
        } catch {
            campaigns.rollBack()
            let isRequestError = Self.isRequestError(error)
            hasFailed = hasFailed || !isRequestError
            guard group.count > 1, isRequestError else { return group.map { _ in .failure(StoreError(error)) } }
            // One request failed the whole group: retry each request in a separate transaction.
            return group.flatMap { commit([$0], &hasFailed) }
        }
    }

    /// Returns whether a request (such as one with an unreadable spool) made a transaction fail, and not the database.
    private static func isRequestError(_ error: any Error) -> Bool {
        !(error is DatabaseError)
    }
}
