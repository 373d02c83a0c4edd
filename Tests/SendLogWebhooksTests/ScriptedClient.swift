import SendLogCore
import Synchronization
import Testing

@testable import SendLogWebhooks

/// Which attempts were made, on all servers.
final class AttemptJournal: Sendable {
    private let entries = Mutex((started: [String](), delivered: [String]()))

    /// The attempts that were started, in order, such as `hook/log-1`.
    var started: [String] { entries.withLock(\.started) }
    /// Those that the receiver took.
    var delivered: [String] { entries.withLock(\.delivered) }

    /// Notes a start.
    ///
    /// - Returns: which start of this attempt it is, the first being 1.
    func start(_ name: String) -> Int {
        entries.withLock { entries in
            entries.started.append(name)
            return entries.started.count { $0 == name }
        }
    }

    func deliver(_ name: String) { entries.withLock { $0.delivered.append(name) } }

    /// How often an attempt was started.
    func starts(of name: String) -> Int { started.count { $0 == name } }
}

/// Does with each attempt what a test says.
final class ScriptedClient: WebhookClient {
    /// What becomes of an attempt.
    enum Outcome: Sendable {
        case status(Int)
        /// The server dies: neither this attempt ends, nor any other of this server.
        case death
    }

    /// Says what becomes of an attempt such as `hook/log-1`, and which start of it this is.
    typealias Script = @Sendable (_ name: String, _ start: Int) async throws -> Outcome

    private let journal: AttemptJournal
    private let script: Script
    /// How many milliseconds an attempt is said to take.
    private let duration: Int
    private let state = Mutex((isDead: false, finishedWorkers: 0))

    init(_ journal: AttemptJournal, taking duration: Int, _ script: @escaping Script) {
        (self.journal, self.script, self.duration) = (journal, script, duration)
    }

    var isDead: Bool { state.withLock(\.isDead) }
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
        if case .death = outcome { state.withLock { $0.isDead = true } }
        while isDead, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        guard case .status(let status) = outcome, !Task.isCancelled else { return nil }
        if (200..<300).contains(status) { journal.deliver(name) }
        return DeliveryAttempt(at: now, duration: duration, status: status)
    }

    var tally: AttemptTally { AttemptTally() }
}
