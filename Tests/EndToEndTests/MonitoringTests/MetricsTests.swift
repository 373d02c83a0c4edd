import Foundation
import PostgresHarness
import TestSupport
import Testing

/// The metrics of a running server, before and after something happens.
@Suite(.blocking) struct MetricsTests {
    @Test func `the process, its version and its connections are in the metrics`() throws {
        let start = Date().timeIntervalSince1970
        let server = try Server()
        let first = try Scrape(server)
        let health = try server.connect().request("GET", "/health").json()["data"]["version"].string ?? ""
        #expect(first["sendlog_build_info{version=\"\(health)\"}"] == 1)
        let started = try #require(first["process_start_time_seconds"])
        // The time since the system booted is known to hundredths, and the boot to seconds.
        #expect(started > start - 3 && started < Date().timeIntervalSince1970 + 3, "\(started), not \(start)")
        let (open, limit) = (try #require(first["process_open_fds"]), try #require(first["process_max_fds"]))
        #expect(open >= 5 && open < limit, "\(open) of \(limit)")
        #expect(try #require(first["process_cpu_seconds_total"]) > 0)
        let resident = try #require(first["process_resident_memory_bytes"])
        #expect(resident > 1_000_000 && resident >= first["sendlog_memory_bytes"] ?? .infinity)
        // Some files are reserved for all else.
        let available = limit - min((limit / 4).rounded(.down), 512)
        #expect(first["sendlog_http_connections_limit"] == min(10_000, available))
        #expect(first["sendlog_http_requests_in_progress"] == 1, "the scrape itself")

        let connections = try (0..<5).map { _ in try server.connect() }
        for connection in connections { #expect(try connection.request("GET", "/health").status == 200) }
        let second = try Scrape.wait(for: server) { ($0["process_open_fds"] ?? 0) >= open + 5 }
        #expect(try #require(second["sendlog_http_connections"]) >= 6)
        let accepted = try #require(second["sendlog_http_connections_accepted_total"])
        #expect(accepted - (first["sendlog_http_connections_accepted_total"] ?? 0) >= 6)
        #expect(second["process_start_time_seconds"] == started)
        for connection in connections { connection.reset() }
        try Scrape.wait(for: server) { ($0["sendlog_http_connections"] ?? 9) < 6 }
    }

    @Test func `a request in progress and refused connections are counted`() throws {
        let server = try Server(arguments: ["--max-connections-per-address", "3"])
        let tenant = try server.tenant()
        let upload = try server.connect()
        let headers = tenant.headers + [("Expect", "100-continue")]
        try upload.send(head: "POST", "/send-logs/import", headers: headers, isChunked: true)
        #expect(try upload.responseHead().status == 100)
        let scraper = try server.connect()
        #expect(try Self.value("sendlog_http_requests_in_progress", scraper) == 2)
        #expect(try Self.value("sendlog_http_connections_refused_total", scraper) == 0)
        let third = try server.connect()
        #expect(try third.request("GET", "/health").status == 200)
        for _ in 0..<4 { #expect(try server.connect().readToEnd().isEmpty) }
        #expect(try Self.value("sendlog_http_connections_refused_total", scraper) == 4)
        #expect(try Self.value("sendlog_http_connections", scraper) == 3)
    }

    private static func value(_ name: String, _ connection: HTTPConnection) throws -> Int? {
        let lines = try connection.request("GET", "/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix("\(name) ") }.flatMap { Int($0.dropFirst(name.count + 1)) }
    }

    @Test func `a webhook that is paused raises the number of paused ones, and resuming lowers it`() throws {
        let server = try Server(arguments: ["--webhooks-allow", "127.0.0.1/32"])
        let tenant = try Hooks.tenant(on: server)
        let name = UUID().uuidString
        let hook = try Hook(tenant, Hooks.receiver.url("/switch/\(name)"))
        try Hooks.receiver.setStatus(name, to: 410)
        let before = try Scrape(server)
        #expect(before["sendlog_webhooks"] == 1 && before["sendlog_paused_webhooks"] == 0)
        try tenant.record(SampleLog(id: "gone"))
        try hook.awaitState { $0["paused"] != .null }
        let paused = try Scrape.wait(for: server) { $0["sendlog_paused_webhooks"] == 1 }
        let labels = #"{organisation="1",webhook="\#(hook.id)"}"#
        #expect(paused["sendlog_webhook_paused\(labels)"] == 1 && paused["sendlog_webhook_failures\(labels)"] == 1)
        #expect(paused["sendlog_delayed_webhooks"] == 0 && paused["sendlog_recorded_sends_total"] == 1)
        try Hooks.receiver.setStatus(name, to: 200)
        try hook.put(#"{"active":true}"#)
        try Scrape.wait(for: server) { $0["sendlog_paused_webhooks"] == 0 }
    }

    @Test func `a webhook whose send has waited for minutes is delayed, without metrics of its own as well`() throws {
        let arguments = ["--webhooks-workers", "0", "--webhooks-max-metrics", "0"]
        let server = try Server(in: TemporaryFolder(), arguments: arguments)
        let tenant = try Hooks.tenant(on: server)
        _ = try Hook(tenant, "https://receiver.example")
        #expect(try Scrape(server)["sendlog_delayed_webhooks"] == 0)
        try tenant.record(SampleLog(id: "send-1"))
        let past = Int(Date().timeIntervalSince1970 - 310) * 1000
        try server.executeSQL("INSERT OR REPLACE INTO recording_times VALUES (1, 1, \(past))")
        let delayed = try Scrape.wait(for: server) { $0["sendlog_delayed_webhooks"] == 1 }
        #expect(delayed["sendlog_webhooks"] == 1 && delayed["sendlog_webhook_metrics_left_out"] == 1)
    }

    @Test func `a failure of the server counts from 0, and a refused request does not count`() throws {
        let server = try Server(in: TemporaryFolder())
        let tenant = try server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let name = #"sendlog_http_failures_total{status="500"}"#
        #expect(try tenant.get("/send-logs/none").status == 404)
        #expect(try Scrape(server)[name] == 0)
        try server.executeSQL("UPDATE destination_chunks SET count = -1")
        // The error breaks the response off.
        _ = try? tenant.post("/send-logs/export?group_destinations=list", "{}")
        try Scrape.wait(for: server) { $0[name] == 1 }
    }

    @Test func `the size of the database is in the metrics, and that of a WAL`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        try tenant.record((0..<100).map { SampleLog(id: "send-\($0)") })
        let scrape = try Scrape(server)
        #expect(try #require(scrape["sendlog_database_size_bytes"]) > 50_000)
        #expect((scrape["sendlog_database_wal_size_bytes"] ?? 0 > 0) != TestPaths.isOnPostgres)
        #expect(scrape["sendlog_database_up"] == 1)
    }

    @Test func `without the database, the metrics are still there, and say so`() throws {
        let server = try Server(in: TemporaryFolder())
        #expect(try Scrape(server)["sendlog_database_up"] == 1)
        let file = server.folder.file("test.sqlite")
        try FileManager.default.moveItem(atPath: file, toPath: "\(file).away")
        let down = try Scrape.wait(for: server) { $0["sendlog_database_up"] == 0 }
        #expect(down["process_open_fds"] != nil && down[#"sendlog_http_failures_total{status="503"}"#] != nil)
        try FileManager.default.moveItem(atPath: "\(file).away", toPath: file)
        try Scrape.wait(for: server) { $0["sendlog_database_up"] == 1 && $0["sendlog_webhooks"] == 0 }
    }

    @Test func `a database that does not answer delays a scrape by two seconds at most`() throws {
        let postgres = try PostgresServer.shared()
        let proxy = try CuttableProxy(target: postgres.port)
        let url = try postgres.url(postgres.createDatabase(), port: proxy.port)
        let server = try Server(database: url)
        #expect(try Scrape(server)["sendlog_database_up"] == 1)
        proxy.freeze()
        // Generous for a busy machine; the statements themselves give up after 10 to 40 seconds.
        var longest = Duration.zero
        let isDown = try Deadline.poll(for: 60) {
            let begin = ContinuousClock.now
            let isDown = try Scrape(server)["sendlog_database_up"] == 0
            longest = max(longest, ContinuousClock.now - begin)
            return isDown
        }
        #expect(isDown && longest < .seconds(8), "\(longest)")
        proxy.thaw()
        try Scrape.wait(for: server) { $0["sendlog_database_up"] == 1 }
    }
}
