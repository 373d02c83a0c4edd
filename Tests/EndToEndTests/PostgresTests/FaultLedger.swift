import Foundation
import Synchronization
import TestSupport
import Testing

/// Clients that record and search during a database fault, and retry each refused request until it succeeds.
final class FaultLedger: Sendable {
    private struct Entries {
        /// The acknowledged logs, by id.
        var acknowledged: [String: SampleLog] = [:]
        /// How many requests got 503, by client.
        var refusals: [String: Int] = [:]
        var lastSuccess = ContinuousClock.now
        /// Responses and errors that must not occur.
        var unexpected: [String] = []
    }

    private let entries = Mutex(Entries())
    private let isOver = Flag()
    private let tenants: [Tenant]

    /// Creates an empty ledger.
    ///
    /// - Parameter tenants: the same organisation on each server
    init(_ tenants: [Tenant]) {
        self.tenants = tenants
    }

    /// How many logs were acknowledged so far.
    var count: Int { entries.withLock(\.acknowledged.count) }

    /// How many requests got 503 so far.
    var refusals: Int { refusalsByClient.values.reduce(0, +) }

    /// How many requests got 503 so far, for each client with at least one.
    var refusalsByClient: [String: Int] { entries.withLock(\.refusals) }

    /// Runs clients during a fault, and then checks that the database has every acknowledged log.
    ///
    /// - Parameter fault: makes the database fail, and returns when it is available again
    /// - Throws: what the fault throws.
    func run(during fault: () throws -> Void) throws {
        let clients = tenants.enumerated().flatMap { server, tenant in
            (0..<3).map { client in Background { self.create(in: tenant, prefix: "\(server)-\(client)") } }
                + [Background { self.importBatches(into: tenant, prefix: "import-\(server)") }]
                + [Background { self.search(tenant, as: "search-\(server)") }]
        }
        #expect(Deadline.poll(for: 60) { count > 50 }, "the clients did not record 50 logs within a minute")
        let before = count
        try fault()
        let restored = ContinuousClock.now
        let isRecovered = Deadline.poll(for: 60) { entries.withLock { $0.lastSuccess > restored } }
        #expect(isRecovered, "nothing was recorded for a minute after the database was back")
        #expect(Deadline.poll(for: 60) { count > before + 50 })
        isOver.raise()
        for client in clients { try client.value() }
        let unexpected = entries.withLock(\.unexpected)
        #expect(unexpected == [])
        for tenant in tenants { try expectAll(tenant) }
        let check = try tenants[0].server.command("database", "check")
        #expect(check.exit == .code(0), "\(check)")
    }

    private static func log(_ id: String, _ number: Int) -> SampleLog {
        SampleLog(
            id: id,
            campaign: "campaign-\(number % 7)",
            message: "message \(id)",
            start: "2022-01-\(10 + number % 18)T12:\(10 + number % 50):00.000Z",
            // Some lists have several chunks.
            destinations: (0..<(number % 50 == 7 ? 9000 : number % 5)).map { "27\(820_000_000 + $0)" }
        )
    }

    /// Retries a client's request until it is not refused.
    private func requestUntilAccepted(
        _ client: String,
        _ tenant: Tenant,
        _ method: String,
        _ target: String,
        _ body: String? = nil
    ) -> HTTPResponse? {
        let deadline = Deadline(after: 90)
        while !deadline.isOver {
            do {
                let response = try tenant.request(method, target, body: body.map { Array($0.utf8) })
                guard response.status == 503 else { return response }
                entries.withLock { $0.refusals[client, default: 0] += 1 }
                let retryAfter = response["retry-after"].flatMap { Int($0) } ?? 0
                if retryAfter < 1 || !response.text.contains("\"unavailable\"") {
                    unexpected("a refusal without Retry-After: \(response.text)")
                }
                // Shorter than Retry-After, so that the retry meets the fault again.
                usleep(20_000)
            } catch {
                // The database may fail, but the server must respond.
                unexpected("\(method) \(target): \(error)")
                return nil
            }
        }
        unexpected("\(method) \(target) was refused for 90 s")
        return nil
    }

    private func unexpected(_ message: String) {
        entries.withLock { $0.unexpected.append(String(message.prefix(300))) }
    }

    private func create(in tenant: Tenant, prefix: String) {
        for number in 0... {
            if isOver.isRaised { return }
            let log = Self.log("\(prefix)-\(number)", number)
            guard let response = requestUntilAccepted(prefix, tenant, "POST", "/send-logs", log.json) else { return }
            guard response.status == 201 || response.status == 200 else {
                return unexpected("create: \(response.text)")
            }
            acknowledge([log])
        }
    }

    private func importBatches(into tenant: Tenant, prefix: String) {
        for batch in 0... {
            if isOver.isRaised { return }
            let logs = (batch * 40..<batch * 40 + 40).map { Self.log("\(prefix)-\($0)", $0) }
            let body = logs.map { $0.json + "\n" }.joined()
            guard let response = requestUntilAccepted(prefix, tenant, "POST", "/send-logs/import", body) else { return }
            let data = try? response.data()
            guard let recorded = data?["recorded"].integer, let existing = data?["existing"].integer,
                recorded + existing == logs.count
            else { return unexpected("import: \(response.text)") }
            acknowledge(logs)
        }
    }

    private func acknowledge(_ logs: [SampleLog]) {
        entries.withLock { entries in
            for log in logs { entries.acknowledged[log.id] = log }
            entries.lastSuccess = .now
        }
    }

    private func search(_ tenant: Tenant, as client: String) {
        let body = #"{"options":{"limit":50}}"#
        while !isOver.isRaised {
            let known = entries.withLock { ($0.acknowledged.count, $0.acknowledged.first) }
            guard let response = requestUntilAccepted(client, tenant, "POST", "/send-logs/search", body) else { return }
            let total = (try? response.data())?["total"].integer
            if total ?? 0 < known.0 {
                unexpected("a search found \(total ?? -1) of \(known.0) logs: \(response.text.prefix(200))")
            }
            if let (id, log) = known.1 {
                guard let one = requestUntilAccepted(client, tenant, "GET", "/send-logs/\(id)") else { return }
                if one.dataText != log.counted { unexpected("get: \(one.text)") }
            }
        }
    }

    /// Expects each acknowledged log exactly once, as sent, and no others.
    private func expectAll(_ tenant: Tenant) throws {
        let expected = entries.withLock(\.acknowledged)
        var found: [String] = []
        var total = 0
        repeat {
            let data = try tenant.search(
                #"{"options":{"sort":{"startDeliveryAt":1},"skip":\#(found.count),"limit":10000}}"#
            )
            total = data["total"].integer ?? 0
            let page = data["send_logs"].elements
            for log in page {
                let id = log["_id"].string ?? ""
                found.append(id)
                #expect(log["message"].string == expected[id]?.message)
                #expect(log["destinations"].integer == expected[id]?.destinations.count)
            }
            if page.isEmpty { break }
        } while found.count < total
        #expect(Set(found).count == found.count, "a log is stored twice")
        #expect(Set(found) == Set(expected.keys))
        for (id, log) in expected where log.destinations.count > 5 {
            let response = try tenant.get("/send-logs/\(id)?group_destinations=list")
            #expect(response.dataText == log.listed)
        }
    }
}
