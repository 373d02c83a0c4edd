import Foundation
import TestSupport
import Testing

/// Requests with an `Idempotency-Key`.
@Suite struct IdempotencyKeyTests {
    private func tenant() throws -> Tenant { try Shared.server.tenant(permissions: "sendLog", "campaign", "webhook") }

    @Test func `a repeated send log is recorded once, and gets the same response`() throws {
        let tenant = try tenant()
        let first = try tenant.request(key: "order 17: \"confirmation\"")
        let id = try #require(try first.data(201)["_id"].string)
        #expect(first["location"] == "/send-logs/\(id)")
        for _ in 0..<2 { try expectReplay(tenant.request(key: "order 17: \"confirmation\""), of: first) }
        // White space around a header's value is not part of it.
        try expectReplay(tenant.request(key: "  order 17: \"confirmation\" "), of: first)
        #expect(try tenant.total() == 1)
        // Without the key, or with another one, it is another send log.
        #expect(try tenant.request(key: "order 17: confirmation").data(201)["_id"].string != id)
        #expect(try tenant.post("/send-logs", SampleLog(id: "").json("_id", nil)).status == 201)
        #expect(try tenant.total() == 3)
    }

    @Test func `a key that came with another body, path or method gets 422, and nothing is done`() throws {
        let tenant = try tenant()
        let log = SampleLog(id: "send-1")
        let first = try tenant.request(key: "a", log.json)
        #expect(first.status == 201)
        let requests = [
            ("POST", "/send-logs", SampleLog(id: "send-2").json), ("POST", "/send-logs", log.json + " "),
            ("POST", "/send-logs", ""), ("POST", "/webhooks", log.json), ("PUT", "/campaigns/spring", log.json),
        ]
        for (method, path, body) in requests {
            let response = try tenant.request(method, path, key: "a", body)
            try expectFailure(response, 422, "idempotency_key_reused", says: "Idempotency-Key")
        }
        try expectReplay(tenant.request(key: "a", log.json), of: first)
        #expect(try tenant.total() == 1)
    }

    @Test func `of concurrent requests with one key, exactly one records`() throws {
        let tenant = try tenant()
        for round in 0..<3 {
            let responses = try inParallel(8) { _ in try tenant.request(key: "round-\(round)") }
            for response in responses where response.status != 201 {
                try expectFailure(response, 409, "conflict", says: "in progress")
                #expect(response["retry-after"] == "1")
            }
            let created = try responses.filter { $0.status == 201 }.map { try $0.data(201)["_id"].string }
            #expect(!created.isEmpty && Set(created).count == 1)
            #expect(try tenant.request(key: "round-\(round)").data(201)["_id"].string == created[0])
            #expect(try tenant.total() == round + 1)
        }
    }

    @Test func `an invalid body is kept, and all of it counts`() throws {
        let tenant = try tenant()
        let tail = String(repeating: "x", count: 100_000)
        let first = try tenant.request(key: "a", #"{"campaign_id":]"# + tail)
        try expectFailure(first, 400, "invalid_request", says: "JSON")
        try expectReplay(tenant.request(key: "a", #"{"campaign_id":]"# + tail), of: first)
        try expectFailure(tenant.request(key: "a", #"{"campaign_id":]"# + tail + "y"), 422, "idempotency_key_reused")
        let incomplete = try tenant.request(key: "b", "{}")
        try expectFailure(incomplete, 400, "invalid_request", issue: "campaign_id")
        try expectReplay(tenant.request(key: "b", "{}"), of: incomplete)
        #expect(try tenant.total() == 0)
    }

    @Test func `conflicts and unknown IDs are kept for their key`() throws {
        let tenant = try tenant()
        let missing = try tenant.request("PUT", "/campaigns/spring", key: "a", #"{"name":"Spring"}"#)
        try expectFailure(missing, 404, "resource_not_found")
        try tenant.record(SampleLog(id: "send-1"))
        try expectReplay(tenant.request("PUT", "/campaigns/spring", key: "a", #"{"name":"Spring"}"#), of: missing)
        #expect(try tenant.get("/campaigns/spring").data()["name"] == .null)
        let named = try tenant.request("PUT", "/campaigns/spring", key: "b", #"{"name":"Spring"}"#)
        #expect(try named.data()["name"] == "Spring")
        _ = try tenant.request("PUT", "/campaigns/spring", body: Array(#"{"name":"Other"}"#.utf8)).data()
        try expectReplay(tenant.request("PUT", "/campaigns/spring", key: "b", #"{"name":"Spring"}"#), of: named)
        #expect(try tenant.get("/campaigns/spring").data()["name"] == "Other")
        let conflict = try tenant.request(key: "c", SampleLog(id: "send-1", message: "other").json)
        try expectFailure(conflict, 409, "conflict", says: "_id")
        try expectReplay(tenant.request(key: "c", SampleLog(id: "send-1", message: "other").json), of: conflict)
        let existing = try tenant.request(key: "d", SampleLog(id: "send-1").json)
        #expect(existing.status == 200)
        try expectReplay(tenant.request(key: "d", SampleLog(id: "send-1").json), of: existing)
    }

    @Test func `a request that is refused before its body has arrived does not use its key`() throws {
        let tenant = try tenant()
        let reader = try Shared.server.key(of: tenant.name, permissions: ["sendLog.read"])
        for (authorisation, status) in [("", 401), ("Bearer sl_unknown", 401), ("Bearer \(reader)", 403)] {
            let response = try tenant.request(
                "POST",
                "/send-logs",
                authorisation: authorisation,
                headers: [("Idempotency-Key", "a")],
                body: Array("{}".utf8)
            )
            #expect(response.status == status)
        }
        #expect(try tenant.request(key: "a", headers: [("Content-Encoding", "br")]).status == 415)
        #expect(try tenant.request(key: "a").status == 201)
        let long = #"{"url":"https://receiver.example/"# + String(repeating: "x", count: 300_000) + #""}"#
        for chunked in [nil, [65_536]] {
            let response = try tenant.request(
                "POST",
                "/webhooks",
                headers: [("Idempotency-Key", "b")],
                body: Array(long.utf8),
                chunked: chunked
            )
            try expectFailure(response, 413, "payload_too_large")
        }
        #expect(try tenant.request("POST", "/webhooks", key: "b", #"{"url":"https://receiver.example"}"#).status == 201)
        // The connection ends within the body.
        let connection = try tenant.server.connect()
        try connection.send(
            head: "POST",
            "/send-logs",
            headers: tenant.headers + [("Idempotency-Key", "c")],
            length: 1000
        )
        try connection.send("{")
        connection.finishSending()
        _ = try? connection.response(to: "POST")
        #expect(try tenant.request(key: "c").status == 201)
        #expect(try tenant.total() == 2)
    }

    @Test func `a compressed body is the same as the plain one`() throws {
        let tenant = try tenant()
        let folder = try TemporaryFolder()
        let log = SampleLog(id: "send-1").json
        try folder.write("log", log)
        _ = try Command.tool("gzip", folder.file("log")).succeeded()
        let first = try tenant.request(
            "POST",
            "/send-logs",
            headers: [("Idempotency-Key", "a"), ("Content-Encoding", "gzip")],
            body: folder.bytes("log.gz")
        )
        #expect(first.status == 201)
        try expectReplay(tenant.request(key: "a", log), of: first)
        try folder.write("webhook", #"{"url":"https://receiver.example"}"#)
        _ = try Command.tool("gzip", folder.file("webhook")).succeeded()
        let webhook = try tenant.request(
            "POST",
            "/webhooks",
            headers: [("Idempotency-Key", "b"), ("Content-Encoding", "gzip")],
            body: folder.bytes("webhook.gz")
        )
        #expect(webhook.status == 201)
        let again = try tenant.request("POST", "/webhooks", key: "b", #"{"url":"https://receiver.example"}"#)
        #expect(again["idempotency-replayed"] == "true")
    }

    @Test(arguments: ["", "a\tb", "é", String(repeating: "x", count: 256)])
    func `an invalid key gets 400`(key: String) throws {
        let tenant = try tenant()
        let requests = [
            ("POST", "/send-logs"), ("POST", "/webhooks"), ("DELETE", "/webhooks/a"),
            ("POST", "/webhooks/a/redeliver"), ("POST", "/webhooks/a/replay"), ("DELETE", "/webhooks/a/replays"),
            ("PUT", "/campaigns/a"),
        ]
        for (method, path) in requests {
            let response = try tenant.request(method, path, key: key)
            let rule = "must be 1 to 255 printable ASCII characters"
            try expectFailure(response, 400, "invalid_request", says: rule, issue: "headers.Idempotency-Key")
        }
        #expect(try tenant.total() == 0)
    }

    @Test func `a key that is given twice gets 400, and one of 255 characters is valid`() throws {
        let tenant = try tenant()
        let twice = try tenant.request(key: "a", headers: [("idempotency-key", "a")])
        try expectFailure(twice, 400, "invalid_request", says: "only once", issue: "headers.Idempotency-Key")
        let longest = String(repeating: "~", count: 255)
        let first = try tenant.request(key: longest)
        #expect(first.status == 201)
        try expectReplay(tenant.request(key: longest), of: first)
        #expect(try tenant.total() == 1)
    }

    @Test func `an import refuses the header`() throws {
        let tenant = try tenant()
        let response = try tenant.request("POST", "/send-logs/import", key: "a", SampleLog(id: "send-1").json)
        let issue = "headers.Idempotency-Key"
        try expectFailure(response, 400, "invalid_request", says: "lines with an _id are recorded once", issue: issue)
        #expect(try tenant.total() == 0)
    }

    @Test func `requests that only read ignore the header`() throws {
        let tenant = try tenant()
        for number in 0..<2 {
            let found = try tenant.request("POST", "/send-logs/search", key: "a", "{}")
            #expect(try found.data()["total"].integer == number)
            #expect(try tenant.request("GET", "/webhooks", key: "a", "").status == 200)
            try tenant.record(SampleLog(id: "send-\(number)"))
        }
    }

    @Test func `organisations may use the same key`() throws {
        let tenants = [try tenant(), try tenant()]
        let ids = try tenants.map { try $0.request(key: "a").data(201)["_id"].string }
        #expect(ids[0] != ids[1])
        // Another key of the same organisation is the same organisation.
        let key = try Shared.server.key(of: tenants[0].name, permissions: ["sendLog"])
        let other = Tenant(server: tenants[0].server, name: tenants[0].name, key: key)
        #expect(try other.request(key: "a").data(201)["_id"].string == ids[0])
        #expect(try tenants.map { try $0.total() } == [1, 1])
    }
}
