import Foundation
import TestSupport
import Testing

/// The log's lines about requests: who sent them, and what they changed.
@Suite(.blocking) struct EventLogTests {
    /// The log lines of a server that logs JSON, with a request ID.
    private static func lines(_ server: Server, id: String) throws -> [JSON] {
        let lines = server.log.components(separatedBy: "\n").dropLast()
        return try lines.filter { $0.contains("\"request_id\":\"\(id)\"") }.map { try JSON(parsing: $0.utf8) }
    }

    /// Returns the one log line of a request, and expects its event.
    @discardableResult private static func expectEvent(
        _ event: String,
        _ fields: [String: JSON] = [:],
        id: String,
        of tenant: Tenant,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> JSON {
        _ = try Deadline.poll(for: 60) { try !lines(tenant.server, id: id).isEmpty }
        let found = try lines(tenant.server, id: id)
        let line = try #require(found.first, "\(event)", sourceLocation: sourceLocation)
        #expect(found.count == 1, "\(found)", sourceLocation: sourceLocation)
        #expect(line["event"].string == event, "\(line)", sourceLocation: sourceLocation)
        #expect(line["level"] == "info" && line["client"] == "127.0.0.1", "\(line)", sourceLocation: sourceLocation)
        for (name, value) in fields { #expect(line[name] == value, "\(name): \(line)", sourceLocation: sourceLocation) }
        return line
    }

    private static func server() throws -> Server {
        try Server(arguments: ["--log-format", "json", "--webhooks-allow", "127.0.0.1/32"])
    }

    /// Sends a request under an ID, and expects success.
    private static func send(_ tenant: Tenant, _ method: String, _ target: String, _ body: String, id: String) throws
        -> JSON
    {
        let response = try tenant.request(method, target, headers: [("X-Request-Id", id)], body: Array(body.utf8))
        #expect((200..<300).contains(response.status), "\(response.text)")
        return try response.json()["data"]
    }

    @Test func `changes of webhooks by the API are logged with the key's ID and without its text`() throws {
        let tenant = try Hooks.tenant(on: Self.server())
        let url = try Hooks.receiver.url(Hooks.path("ok"))
        let fields = #"{"name":"secret words","url":\#(JSON.text(url)),"body":null}"#
        let id = try #require(try Self.send(tenant, "POST", "/webhooks", fields, id: "made")["_id"].string)
        let known: [String: JSON] = ["webhook": .string(id), "key": "key_1", "organisation": 1]
        let made = try Self.expectEvent("webhook.created", known, id: "made", of: tenant)
        #expect(made["message"] == "request completed" && made["status"] == 201 && made["route"] == "POST /webhooks")
        for (body, changes) in [
            (#"{"name":"other words"}"#, "definition"), (#"{"active":false}"#, "deactivated"),
            (#"{"active":true,"rotateSecret":true,"method":"GET"}"#, "activated,secret,definition"),
            (#"{"active":true}"#, "none"),
        ] {
            let request = "changed-\(changes.replacing(",", with: "-"))"
            _ = try Self.send(tenant, "PUT", "/webhooks/\(id)", body, id: request)
            let expected = known.merging(["changes": .string(changes)]) { $1 }
            try Self.expectEvent("webhook.changed", expected, id: request, of: tenant)
        }
        try tenant.record(SampleLog(id: "27829998877"))
        let tested = try Self.send(tenant, "POST", "/webhooks/\(id)/test", "{}", id: "tested")["_id"].string ?? ""
        let delivery = known.merging(["delivery": .string(tested)]) { $1 }
        try Self.expectEvent("webhook.tested", delivery, id: "tested", of: tenant)
        _ = try Self.send(tenant, "POST", "/webhooks/\(id)/deliveries/\(tested)/redeliver", "", id: "again")
        try Self.expectEvent("webhook.redelivered", delivery, id: "again", of: tenant)
        _ = try Hook(existing: id, of: tenant).waitForDeliveries("?state=delivered") { $0.count == 2 }
        _ = try Self.send(tenant, "POST", "/webhooks/\(id)/replay", #"{"after":0}"#, id: "replayed")
        try Self.expectEvent("webhook.replayed", ["sends": "all", "queued": 1], id: "replayed", of: tenant)
        _ = try Self.send(tenant, "POST", "/webhooks/\(id)/redeliver", #"{"state":"failed"}"#, id: "failed")
        try Self.expectEvent("webhook.replayed", ["sends": "failed", "queued": 0], id: "failed", of: tenant)
        _ = try Self.send(tenant, "DELETE", "/webhooks/\(id)/replays", "", id: "cancelled")
        let cancelled = try Self.expectEvent("webhook.replaysCancelled", known, id: "cancelled", of: tenant)
        #expect(cancelled["cancelled"].integer != nil)
        _ = try Self.send(tenant, "DELETE", "/webhooks/\(id)", "", id: "deleted")
        try Self.expectEvent("webhook.deleted", known, id: "deleted", of: tenant)
        for secret in [tenant.key, "words", "27829998877", url] {
            #expect(!tenant.server.log.contains(secret), "\(secret)")
        }
    }

    @Test func `a paused webhook and its resumption are logged`() throws {
        let tenant = try Hooks.tenant(on: Self.server())
        let hook = try Hook(tenant, Hooks.receiver.url(Hooks.path("status/410")))
        try tenant.record(SampleLog(id: "gone"))
        try hook.awaitState { $0["paused"] != .null }
        func paused() throws -> JSON? {
            let lines = tenant.server.log.components(separatedBy: "\n").dropLast()
            return try lines.first { $0.contains("webhook.paused") }.map { try JSON(parsing: $0.utf8) }
        }
        #expect(try Deadline.poll(for: 60) { try paused() != nil })
        let line = try #require(try paused())
        #expect(line["level"] == "warning" && line["organisation"] == 1 && line["webhook"].string == hook.id, "\(line)")
        _ = try Self.send(tenant, "PUT", "/webhooks/\(hook.id)", #"{"active":true}"#, id: "resumed")
        try Self.expectEvent("webhook.changed", ["changes": "resumed"], id: "resumed", of: tenant)
    }

    @Test func `a repeated request with the same idempotency key is logged as an event once`() throws {
        let tenant = try Hooks.tenant(on: Self.server())
        for id in ["first", "second"] {
            let headers = [("X-Request-Id", id), ("Idempotency-Key", "one")]
            let body = Array(#"{"url":"https://receiver.example","body":null}"#.utf8)
            let response = try tenant.request("POST", "/webhooks", headers: headers, body: body)
            #expect(response.status == 201)
        }
        try Self.expectEvent("webhook.created", id: "first", of: tenant)
        #expect(try Self.lines(tenant.server, id: "second") == [])
    }

    @Test func `exports and files of the console are logged with their rows, and without numbers`() throws {
        let tenant = try Self.server().tenant(permissions: "*")
        try tenant.record((0..<3).map { SampleLog(id: "send-\($0)", destinations: ["27829998877", "0821234567"]) })
        for (target, body, file, rows) in [
            ("/send-logs/export?format=csv", "{}", "send-logs.csv", 3),
            ("/send-logs/export?group_destinations=list", "{}", "send-logs.ndjson", 3),
            ("/recipients/compare?list=a&format=csv", #"{"a":{"campaign_id":"spring"}}"#, "recipients.csv", 2),
        ] as [(String, String, String, Double)] {
            let response = try tenant.request(
                "POST",
                target,
                headers: [("X-Request-Id", file)],
                body: Array(body.utf8)
            )
            #expect(response.status == 200)
            let fields: [String: JSON] = [
                "file": .string(file), "rows": .number(rows), "key": "key_1",
                "bytes": .number(Double(response.body.count)),
            ]
            try Self.expectEvent("file.exported", fields, id: file, of: tenant)
        }
        let client = try ConsoleClient(tenant)
        for (path, file, rows) in [
            ("/console/sends.csv", "send-logs.csv", 3),
            ("/console/sends/send-1/destinations.json", "destinations.json", 2),
            ("/console/campaigns/spring/compare.ndjson?list=a", "recipients.ndjson", 2),
            ("/console/campaigns.csv", "campaigns.csv", 1), ("/console/totals-by-day.csv", "totals-by-day.csv", .null),
        ] as [(String, String, JSON)] {
            client.headers = [("X-Request-Id", "console-\(file)")]
            #expect(try client.get(path).status == 200)
            let fields: [String: JSON] = ["file": .string(file), "rows": rows, "key": "key_1"]
            let line = try Self.expectEvent("file.exported", fields, id: "console-\(file)", of: tenant)
            #expect(line["sequence"] == (file == "destinations.json" ? 2 : .null), "\(line)")
        }
        for secret in [tenant.key, "27829998877", "0821234567", "send-1"] {
            #expect(!tenant.server.log.contains(secret), "\(secret)")
        }
    }

    @Test func `sign-ins, new keys and revoked keys are logged`() throws {
        let tenant = try Self.server().tenant(permissions: "*")
        let client = ConsoleClient(tenant.server)
        client.headers = [("X-Request-Id", "wrong")]
        #expect(try client.signIn("slk_wrong").status == 400)
        try Self.expectEvent("signIn.failed", ["reason": "invalid key", "key": .null], id: "wrong", of: tenant)
        client.headers = [("X-Request-Id", "expired")]
        #expect(try client.post("/console/sign-in", [("key", tenant.key)]).status == 400)
        try Self.expectEvent("signIn.failed", ["reason": "form expired"], id: "expired", of: tenant)
        client.headers = [("X-Request-Id", "right")]
        #expect(try client.signIn(tenant.key).status == 303)
        let signedIn: [String: JSON] = ["key": "key_1", "organisation": 1, "status": 303]
        try Self.expectEvent("signIn.succeeded", signedIn, id: "right", of: tenant)
        client.headers = [("X-Request-Id", "created")]
        let page = try client.post(
            "/console/keys",
            ["name": "secret words", "permission": "sendLog.read"],
            from: "/console/keys"
        )
        #expect(page.status == 200)
        let created: [String: JSON] = ["key": "key_1", "created_key": "key_2"]
        try Self.expectEvent("key.created", created, id: "created", of: tenant)
        client.headers = [("X-Request-Id", "revoked")]
        #expect(try client.post("/console/keys/key_2/revoke", [:], from: "/console/keys").status == 303)
        let revoked: [String: JSON] = ["key": "key_1", "revoked_key": "key_2"]
        try Self.expectEvent("key.revoked", revoked, id: "revoked", of: tenant)
        let text = try #require(page.text.firstMatch(of: /slk_[A-Za-z0-9]{20,}/)).output
        for secret in [tenant.key, "slk_wrong", "words", String(text)] {
            #expect(!tenant.server.log.contains(secret))
        }
    }

    @Test func `sign-outs, names of campaigns, the calling code and imports are logged`() throws {
        let tenant = try Self.server().tenant(permissions: "*")
        let lines = ["a", "b"].map { SampleLog(id: $0, campaign: "spring", destinations: ["27829998877"]).json }
        _ = try Self.send(tenant, "POST", "/send-logs", lines[0], id: "recorded")
        let counts: [String: JSON] = ["recorded": 1, "existing": 1, "failed": 1]
        let body = (lines + ["{}"]).joined(separator: "\n")
        _ = try Self.send(tenant, "POST", "/send-logs/import", body, id: "imported")
        try Self.expectEvent("sendLogs.imported", counts.merging(["key": "key_1"]) { $1 }, id: "imported", of: tenant)
        let named: [String: JSON] = ["campaign": "spring", "key": "key_1"]
        _ = try Self.send(tenant, "PUT", "/campaigns/spring", #"{"name":"secret words"}"#, id: "named")
        try Self.expectEvent("campaign.named", named, id: "named", of: tenant)
        let client = try ConsoleClient(tenant)
        client.headers = [("X-Request-Id", "renamed")]
        let path = "/console/campaigns"
        #expect(try client.post("\(path)/spring/name", ["name": "other words"], from: path).status == 303)
        try Self.expectEvent("campaign.named", named, id: "renamed", of: tenant)
        for (code, logged) in [("+27", "27"), ("", "none")] {
            client.headers = [("X-Request-Id", "code-\(logged)")]
            let path = "/console/organisation"
            #expect(try client.post(path, ["calling-code": code], from: path).status == 303)
            let fields: [String: JSON] = ["calling_code": .string(logged), "key": "key_1"]
            try Self.expectEvent("organisation.changed", fields, id: "code-\(logged)", of: tenant)
        }
        client.headers = [("X-Request-Id", "ended")]
        #expect(try client.post("/console/sign-out", [:], from: "/console/sends").status == 303)
        let ended: [String: JSON] = ["key": "key_1", "organisation": 1]
        try Self.expectEvent("session.ended", ended, id: "ended", of: tenant)
        for secret in [tenant.key, "words", "27829998877"] {
            #expect(!tenant.server.log.contains(secret), "\(secret)")
        }
    }

    @Test func `numbers are numbers in JSON lines that no request caused`() throws {
        let server = try Self.server()
        let ready = server.log.split(separator: "\n").first { $0.contains("\"message\":\"ready\"") }
        #expect(try JSON(parsing: #require(ready).utf8)["port"] == .number(Double(server.port)))
        // Each of the first ten has a line of its own.
        for _ in 0..<12 { _ = try server.connect().request("GET", "/whoami") }
        #expect(try server.stop() == .code(0))
        let refused = server.log.split(separator: "\n").first { $0.contains("refused more requests") }
        let line = try JSON(parsing: #require(refused, "\(server.log)").utf8)
        #expect((line["count"].integer ?? 0) > 0, "\(line)")
    }

    @Test func `a server that does not start says why in the format of its log`() throws {
        let folder = try TemporaryFolder()
        let none = "sqlite:\(try folder.write("notes.txt", String(repeating: "no database\n", count: 100)))"
        let file = try folder.write("sendlog.json", #"{"log":{"format":"json"},"http":{"port":"x"}}"#)
        for (arguments, exit, message) in [
            (["--database", none, "--log-format", "json"], 1, "is not a sendlog database"),
            (["--config", file], 64, "http.port in \(file)"), (["--log-format", "json", "--port", "x"], 64, "--port"),
        ] as [([String], Int32, String)] {
            let refused = try Command(TestPaths.binary, ["serve"] + arguments)
            #expect(refused.exit == .code(exit), "\(refused)")
            let lines = try refused.errors.split(separator: "\n").map { try JSON(parsing: $0.utf8) }
            #expect(lines.last?["level"] == "critical", "\(refused)")
            #expect(lines.last?["message"].string?.contains(message) == true, "\(refused)")
        }
        let text = try Command(TestPaths.binary, ["serve", "--database", none])
        #expect(text.errors.hasPrefix("Error: ") && text.exit == .code(1), "\(text)")
    }

    @Test func `changes of webhooks in the console are logged`() throws {
        let tenant = try Self.server().tenant(permissions: "*")
        let hook = try Hook(tenant, Hooks.receiver.url(Hooks.path("ok")))
        let client = try ConsoleClient(tenant)
        let path = "/console/webhooks/\(hook.id)"
        for (action, fields, event, details) in [
            ("active", ["active": "false"], "webhook.changed", ["changes": "deactivated"]),
            ("active", ["active": "true"], "webhook.changed", ["changes": "activated"]),
            ("secret", [:], "webhook.changed", ["changes": "secret"]), ("test", ["send": ""], "webhook.tested", [:]),
            ("redeliver", [:], "webhook.replayed", ["sends": "failed"]),
            ("replays/cancel", [:], "webhook.replaysCancelled", ["cancelled": 0]),
            ("delete", [:], "webhook.deleted", [:]),
        ] as [(String, KeyValuePairs<String, String>, String, [String: JSON])] {
            let id = "\(action)-\(details["changes"]?.string ?? "")".replacing("/", with: "-")
            client.headers = [("X-Request-Id", id)]
            let response = try client.post("\(path)/\(action)", fields, from: path)
            #expect([200, 303].contains(response.status), "\(action)")
            let all = details.merging(["webhook": .string(hook.id), "key": "key_1"]) { $1 }
            try Self.expectEvent(event, all, id: id, of: tenant)
        }
    }

    @Test func `a line has the address that a trusted proxy forwarded, and that of any other client itself`() throws {
        let trusting = try Server(arguments: ["--log-format", "json", "--trusted-proxies", "127.0.0.1"]).tenant()
        for (forwarded, client) in [
            ("203.0.113.9, 198.51.100.7", "198.51.100.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2:3::4"),
            ("unknown", "127.0.0.1"),
        ] {
            let id = client.replacing(":", with: "-")
            let headers = [("X-Request-Id", id), ("X-Forwarded-For", forwarded)]
            #expect(try trusting.request("GET", "/send-logs/none", headers: headers).status == 404)
            let line = try #require(try Self.awaitLine(trusting.server, id: id))
            #expect(line["client"].string == client && line["key"] == "key_1", "\(line)")
        }
        let other = try Self.server().tenant()
        let headers = [("X-Request-Id", "one"), ("X-Forwarded-For", "198.51.100.7")]
        #expect(try other.request("GET", "/send-logs/none", headers: headers).status == 404)
        #expect(try Self.awaitLine(other.server, id: "one")?["client"] == "127.0.0.1")
        // Input that is not HTTP has no headers.
        let connection = try other.server.connect()
        try connection.send("nonsense\r\n\r\n")
        let isLogged = Deadline.poll(for: 60) {
            other.server.log.split(separator: "\n").contains {
                $0.contains("\"status\":400") && $0.contains(#""client":"127.0.0.1""#)
            }
        }
        #expect(isLogged, "\(other.server.log)")
    }

    private static func awaitLine(_ server: Server, id: String) throws -> JSON? {
        _ = try Deadline.poll(for: 60) { try !lines(server, id: id).isEmpty }
        return try lines(server, id: id).first
    }

    @Test func `text lines have the same fields`() throws {
        let server = try Server()
        let tenant = try Hooks.tenant(on: server)
        let headers = [("X-Request-Id", "one")]
        let body = Array(#"{"url":"https://receiver.example","body":null}"#.utf8)
        #expect(try tenant.request("POST", "/webhooks", headers: headers, body: body).status == 201)
        func line() -> Substring? {
            server.log.split(separator: "\n").first { $0.contains("request_id=one ") }
        }
        #expect(Deadline.poll(for: 60) { line() != nil })
        for field in [" info request completed ", " client=127.0.0.1 ", " event=webhook.created ", " key=key_1 "] {
            #expect(line()?.contains(field) == true, "\(field)")
        }
    }
}
