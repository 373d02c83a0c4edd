import Dispatch
import GRDB
import SendLogCore
import Synchronization

/// Commits in groups: what waits to be recorded while one transaction is written goes into the next one together.
///
/// Durability costs one fsync a commit, so the more come at once the less each costs. Nobody is answered before their logs are durable.
final class RecordingQueue: Sendable {
    /// The logs of one call, and whom to tell.
    private struct Request: Sendable {
        let logs: [PreparedSendLog]
        let organisation: OrganisationID
        let continuation: CheckedContinuation<Result<[Recording], StoreError>, Never>
    }

    private struct State {
        var waiting: [Request] = []
        var logsWaiting = 0
        var isRunning = false
        var isClosed = false
    }

    /// How many logs may wait before more are turned away.
    private static let mostWaiting = 50_000
    /// When a transaction is big enough, in logs.
    private static let fullAt = 5000

    private let state = Mutex(State())
    private let database: DatabaseQueue
    private let campaigns = CampaignNumbers()
    private let thread = DispatchQueue(label: "sendlog.sqlite.recording")

    init(_ database: DatabaseQueue) {
        self.database = database
    }

    func record(
        _ logs: [PreparedSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [Recording] {
        let result: Result<[Recording], StoreError> = await withCheckedContinuation { continuation in
            enum Turn {
                case refused(Unavailability)
                case start
                case wait
            }
            let turn = state.withLock { state -> Turn in
                if state.isClosed { return .refused(.closed) }
                if state.logsWaiting > Self.mostWaiting { return .refused(.overloaded) }
                state.waiting.append(Request(logs: logs, organisation: organisation, continuation: continuation))
                state.logsWaiting += logs.count
                if state.isRunning { return .wait }
                state.isRunning = true
                return .start
            }
            switch turn {
            case .refused(let why):
                continuation.resume(returning: .failure(.unavailable(why, detail: "the recording queue refused")))
            case .start: thread.async { self.run() }
            case .wait: break
            }
        }
        return try result.get()
    }

    /// Turns new logs away and waits until those that were taken are recorded.
    func close() {
        state.withLock { $0.isClosed = true }
        thread.sync {}
    }

    private func run() {
        while true {
            let group = state.withLock { state in
                var (count, logs) = (0, 0)
                while count < state.waiting.count, logs < Self.fullAt {
                    logs += state.waiting[count].logs.count
                    count += 1
                }
                let group = Array(state.waiting.prefix(count))
                state.waiting.removeFirst(count)
                state.logsWaiting -= logs
                state.isRunning = !group.isEmpty
                return group
            }
            if group.isEmpty { return }
            let results = commit(group)
            for (request, result) in zip(group, results) { request.continuation.resume(returning: result) }
        }
    }

    private func commit(_ group: [Request]) -> [Result<[Recording], StoreError>] {
        do {
            var outcomes: [[Recording]] = []
            try database.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    var transaction = RecordingTransaction(database, campaigns: campaigns)
                    outcomes = try group.map { try transaction.record($0.logs, in: $0.organisation) }
                    try transaction.writeCounters()
                    return .commit
                }
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
