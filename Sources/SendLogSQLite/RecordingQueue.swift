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
            enum Answer {
                case refused(Unavailability)
                case start
                case wait
            }
            let answer = state.withLock { state -> Answer in
                if state.isClosed { return .refused(.closed) }
                if state.logsWaiting > Self.mostWaiting { return .refused(.overloaded) }
                state.waiting.append(Request(logs: logs, organisation: organisation, continuation: continuation))
                state.logsWaiting += logs.count
                if state.isRunning { return .wait }
                state.isRunning = true
                return .start
            }
            switch answer {
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
            return group.map { _ in .failure(StoreError(error)) }
        }
    }
}

/// A log with what can be computed before the one writer's turn.
struct PreparedSendLog: Sendable {
    let log: NewSendLog
    let id: PackedID
    let digest: [UInt8]
}

/// Remembers the numbers of campaigns, which never change once they are committed.
final class CampaignNumbers: Sendable {
    struct Key: Hashable {
        let organisation: OrganisationID
        let campaign: CampaignID
    }

    private struct State {
        var kept: [Key: Int64] = [:]
        var new: [Key: Int64] = [:]
    }

    private static let most = 200_000
    private let state = Mutex(State())

    func number(_ key: Key, find: () throws -> Int64) rethrows -> Int64 {
        if let known = state.withLock({ $0.kept[key] ?? $0.new[key] }) { return known }
        let number = try find()
        state.withLock { $0.new[key] = number }
        return number
    }

    /// The transaction was committed: what it found may be remembered.
    func keep() {
        state.withLock { state in
            if state.new.isEmpty { return }
            if state.kept.count > Self.most { state.kept = [:] }
            state.kept.merge(state.new) { $1 }
            state.new = [:]
        }
    }

    /// The transaction was rolled back, and with it campaigns that it added.
    func forgetNew() {
        state.withLock { $0.new = [:] }
    }
}
