import Synchronization
import TestSupport

/// The logs that clients sent to a server that is killed, and the ones that it acknowledged.
final class CrashLedger: Sendable {
    private struct Entries {
        var sent: [String: SampleLog] = [:]
        var acknowledged: Set<String> = []
        var unexpected: [String] = []
    }

    private let entries = Mutex(Entries())
    private let destinations: @Sendable (_ number: Int) -> [String]

    /// Creates an empty ledger.
    ///
    /// - Parameter destinations: returns the destinations of a log by its number
    init(destinations: @escaping @Sendable (_ number: Int) -> [String] = CrashLedger.ownDestinations) {
        self.destinations = destinations
    }

    /// Destinations that no other log has; some lists have several chunks.
    private static func ownDestinations(_ number: Int) -> [String] {
        (0..<(number % 40 == 7 ? 9000 : number % 5)).map { "27\(820_000_000 + number * 10_000 + $0)" }
    }

    /// Every log that was ever sent, by its id.
    var sent: [String: SampleLog] { entries.withLock(\.sent) }

    /// The ids of the logs that the server acknowledged.
    var acknowledged: Set<String> { entries.withLock(\.acknowledged) }

    /// Errors that ended a client, other than the end of its connection.
    var unexpected: [String] { entries.withLock(\.unexpected) }

    /// Derives all fields of a log from its number, so that a partly recorded log is detected.
    private func log(_ id: String, _ number: Int) -> SampleLog {
        SampleLog(
            id: id,
            campaign: "campaign-\(number % 7)",
            message: "message \(id) \(number)",
            triggeredBy: ["api", "manual", "hook"][number % 3],
            start: "2022-0\(1 + number % 2)-\(10 + number % 18)T12:\(10 + number % 50):00.000Z",
            destinations: destinations(number)
        )
    }

    /// Creates logs one after the other until the server is gone.
    func create(in tenant: Tenant, prefix: String) {
        guard let connection = try? tenant.server.connect() else { return }
        untilGone {
            for number in 0... {
                let log = self.log("\(prefix)-\(number)", number)
                entries.withLock { $0.sent[log.id] = log }
                let body = Array(log.json.utf8)
                let response = try connection.request("POST", "/send-logs", headers: tenant.headers, body: body)
                _ = try response.data(201)
                entries.withLock { _ = $0.acknowledged.insert(log.id) }
            }
        }
    }

    /// Imports batches one after the other until the server is gone.
    func importBatches(into tenant: Tenant, prefix: String) {
        guard let connection = try? tenant.server.connect() else { return }
        untilGone {
            for batch in 0... {
                let logs = (batch * 150..<batch * 150 + 150).map { log("\(prefix)-\($0)", $0) }
                entries.withLock { entries in for log in logs { entries.sent[log.id] = log } }
                let body = Array(logs.map { $0.json + "\n" }.joined().utf8)
                let response = try connection.request("POST", "/send-logs/import", headers: tenant.headers, body: body)
                guard try response.data()["recorded"] == 150 else { throw TestFailure("import: \(response.text)") }
                entries.withLock { $0.acknowledged.formUnion(logs.map(\.id)) }
            }
        }
    }

    /// Runs a client until the server is gone, and records any other error that ends it.
    private func untilGone(_ client: () throws -> Void) {
        do { try client() } catch let failure as ConnectionFailure where failure.isEnd {
            return
        } catch {
            entries.withLock { $0.unexpected.append(String("\(error)".prefix(300))) }
        }
    }
}
