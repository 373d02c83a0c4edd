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

/// Commits in groups: what waits to be recorded while one transaction is written goes into the next one together.
///
/// Durability costs one fsync a commit, so the more come at once the less each costs. A call returns when its logs are durable.
/// Organisations take turns, and one may use a part of the memory only, so that its imports do not delay or refuse what others record.
final class RecordingQueue: Sendable {
    /// The logs of one call, and whom to tell.
    private struct Request: Sendable {
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

    /// When a transaction is big enough, in logs.
    private static let fullAt = 5000

    private let state: Mutex<State>
    private let database: Connection
    private let campaigns = CampaignNumbers()
    private let thread = DispatchQueue(label: "sendlog.sqlite.recording")

    /// Records into a database, and refuses logs while about `mostWaiting` bytes of them wait.
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
            let refusal = state.withLock { state -> Unavailability? in
                if state.isClosed { return .closed }
                if !state.bytesWaiting.hasRoom(for: organisation) { return .overloaded }
                state.waiting.append(
                    Request(logs: logs, weight: weight, organisation: organisation, continuation: continuation),
                    for: organisation
                )
                state.bytesWaiting.take(weight, for: organisation)
                // Under the lock, so that close() comes behind all that was taken.
                if !state.isRunning { thread.async { self.run() } }
                state.isRunning = true
                return nil
            }
            if let refusal {
                continuation.resume(returning: .failure(.unavailable(refusal, detail: "the recording queue refused")))
            }
        }
        return try result.get()
    }

    /// Turns new logs away and waits until those that were taken are recorded.
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
                var (group, logs): ([Request], Int) = ([], 0)
                while logs < Self.fullAt, let (organisation, request) = state.waiting.next() {
                    logs += request.logs.count
                    state.bytesWaiting.release(request.weight, for: organisation)
                    group.append(request)
                }
                state.isRunning = !group.isEmpty
                return group
            }
            if group.isEmpty { return }
            last = group.count
            let results = commit(group)
            for (request, result) in zip(group, results) { request.continuation.resume(returning: result) }
        }
    }

    private func commit(_ group: [Request]) -> [Result<[Recording], StoreError>] {
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
