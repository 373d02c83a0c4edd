import SendLogCore
import Synchronization
import Testing

@testable import SendLogWebhooks

/// The attempts on all servers.
final class AttemptJournal: Sendable {
    private let entries = Mutex((started: [String](), delivered: [String]()))

    /// The attempts that were started, in order, such as `hook/log-1`.
    var started: [String] { entries.withLock(\.started) }
    /// The attempts that succeeded, in order.
    var delivered: [String] { entries.withLock(\.delivered) }

    /// Records a start.
    ///
    /// - Returns: the number of this start of the attempt, from 1.
    func start(_ name: String) -> Int {
        entries.withLock { entries in
            entries.started.append(name)
            return entries.started.count { $0 == name }
        }
    }

    func deliver(_ name: String) { entries.withLock { $0.delivered.append(name) } }

    /// The number of starts of an attempt.
    func starts(of name: String) -> Int { started.count { $0 == name } }
}

/// A client whose attempts end as a script says.
final class ScriptedClient: WebhookClient {
    /// The outcome of an attempt.
    enum Outcome: Sendable {
        case status(Int)
        /// The server crashes: neither this attempt nor any other of this server ends.
        case crash
    }

    /// Returns the outcome of an attempt such as `hook/log-1`, given the number of its start.
    typealias Script = @Sendable (_ name: String, _ start: Int) async throws -> Outcome

    private let journal: AttemptJournal
    private let script: Script
    /// The duration that attempts report, in milliseconds.
    private let duration: Int
    private let state = Mutex((isCrashed: false, finishedWorkers: 0))

    init(_ journal: AttemptJournal, taking duration: Int, _ script: @escaping Script) {
        (self.journal, self.script, self.duration) = (journal, script, duration)
    }

    var isCrashed: Bool { state.withLock(\.isCrashed) }
    var finishedWorkers: Int { state.withLock(\.finishedWorkers) }
    func finishWorker() { state.withLock { $0.finishedWorkers += 1 } }

    func attempt(
        _ webhook: Webhook,
        _ send: WebhookSend,
        as id: DeliveryID,
        at now: Timestamp
    ) async -> DeliveryAttempt? {
        let name = "\(webhook.id.text)/\(send.id?.text ?? "")"
        let outcome: Outcome
        do {
            outcome = try await script(name, journal.start(name))
        } catch is CancellationError {
            return nil
        } catch {
            Issue.record(error)
            return nil
        }
        if case .crash = outcome { state.withLock { $0.isCrashed = true } }
        while isCrashed, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        guard case .status(let status) = outcome, !Task.isCancelled else { return nil }
        if (200..<300).contains(status) { journal.deliver(name) }
        return DeliveryAttempt(at: now, duration: duration, status: status)
    }

    let tallies = AttemptTallies()
}
