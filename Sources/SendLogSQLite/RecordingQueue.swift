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

/// All writes to the database: what waits to be recorded while one transaction is written goes into the next one together.
///
/// Durability costs one fsync a commit, so the more come at once the less each costs. A call returns when its logs are durable.
/// Organisations take turns, and one may use a part of the memory only, so that its imports do not delay or refuse what others write.
final class RecordingQueue: Sendable {
    private enum Request: Sendable {
        case record(RecordingRequest)
        /// Another write, in a transaction of its own.
        case write(@Sendable () -> Void)

        var logs: Int { if case .record(let request) = self { request.logs.count } else { 0 } }
        /// How many bytes it holds, or stands for.
        var weight: Int { if case .record(let request) = self { request.weight } else { 4096 } }
    }

    /// The logs of one call, and whom to tell.
    private struct RecordingRequest: Sendable {
        let logs: [PreparedSendLog]
        let weight: Int
        let organisation: OrganisationID
        let continuation: UnsafeContinuation<Result<[Recording], StoreError>, Never>
    }

    private struct State {
        var waiting = FairQueue<Request>()
        var bytesWaiting: FairShares
        var isRunning = false
        var isClosed = false
    }

    /// When a transaction is big enough, in logs and in bytes.
    private static let fullAt = (logs: 5000, bytes: 4 << 20)

    private let state: Mutex<State>
    private let database: Connection
    private let campaigns = CampaignNumbers()
    private let thread = DispatchQueue(label: "sendlog.sqlite.recording")

    /// Writes to a database, and refuses work while about `mostWaiting` bytes of it wait.
    init(_ database: Connection, mostWaiting: Int) {
        self.database = database
        state = Mutex(State(bytesWaiting: FairShares(capacity: mostWaiting)))
    }

    func record(
        _ logs: [PreparedSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [Recording] {
        let weight = logs.reduce(0) { $0 + $1.log.weight }
        let result: Result<[Recording], StoreError> = await withUnsafeContinuation { continuation in
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

    /// Writes something else, in a transaction of its own.
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

    /// - Returns: why the request is refused.
    private func submit(_ request: Request, for organisation: OrganisationID) -> StoreError? {
        let refusal = state.withLock { state -> Unavailability? in
            if state.isClosed { return .closed }
            if !state.bytesWaiting.hasRoom(for: organisation) { return .overloaded }
            state.waiting.append(request, for: organisation)
            state.bytesWaiting.take(request.weight, for: organisation)
            // Under the lock, so that close() comes behind all that was taken.
            if !state.isRunning { thread.async { self.run() } }
            state.isRunning = true
            return nil
        }
        return refusal.map { .unavailable($0, detail: "the recording queue refused") }
    }

    /// Refuses new work and waits until what was taken is written.
    func close() {
        state.withLock { $0.isClosed = true }
        thread.sync {}
    }

    /// Gives requests a moment to become as many as there were in the last group.
    ///
    /// Clients that were answered together come back together; the fuller the group, the less of a commit falls to each. One that is alone
    /// waits for nobody.
    private func gather(_ last: Int) {
        for _ in 0..<6 where state.withLock({ $0.waiting.count < last * 7 / 8 }) { usleep(50) }
    }

    private func run() {
        var last = 0
        while true {
            gather(last)
            let group = state.withLock { state in
                var (group, logs, bytes): ([Request], Int, Int) = ([], 0, 0)
                while logs < Self.fullAt.logs, bytes < Self.fullAt.bytes, let next = state.waiting.first {
                    // A write of another kind has a transaction of its own.
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

    private func commit(_ group: [RecordingRequest]) -> [Result<[Recording], StoreError>] {
        do {
            var outcomes: [[Recording]] = []
            try database.write { connection in
                var transaction = RecordingTransaction(connection, campaigns: campaigns)
                outcomes = try group.map { try transaction.record($0.logs, in: $0.organisation) }
                try transaction.writeCounters()
            }
            campaigns.keep()
            return outcomes.map { .success($0) }
        } catch {
            campaigns.forgetNew()
            guard group.count > 1, Self.isOneRequestsFault(error) else {
                return group.map { _ in .failure(StoreError(error)) }
            }
            // One of them spoilt it for all: each gets a transaction of its own.
            return group.flatMap { commit([$0]) }
        }
    }
}
extension RecordingQueue {
    /// Whether a transaction failed for what it was to write, such as a spool that cannot be read, and not for the database itself.
    private static func isOneRequestsFault(_ error: any Error) -> Bool {
        !(error is DatabaseError)
    }
}
