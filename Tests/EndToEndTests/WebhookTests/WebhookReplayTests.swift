import Foundation
import TestSupport
import Testing

/// Deliveries that failed for good, and past sends, are delivered again on request.
@Suite(.blocking) struct WebhookReplayTests {
    /// A time near now in RFC 3339, some seconds later.
    private func now(plus seconds: Double = 0) -> String {
        ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: seconds))
    }

    @Test func `sends that failed while a receiver was redeployed are redelivered together`() throws {
        let tenant = try Hooks.tenant()
        let name = UUID().uuidString
        let path = "/switch/\(name)"
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "before"))
        _ = try Hooks.receiver.waitForRequests(path, 1)
        try Hooks.receiver.setStatus(name, to: 404)
        for number in 0..<3 { try tenant.record(SampleLog(id: "lost-\(number)")) }
        _ = try hook.waitForDeliveries("?state=failed") { $0.count == 3 }
        // A test that fails does not count.
        #expect(try hook.test()["state"] == "failed")
        #expect(try hook.get()["failed"] == 3)
        #expect(try tenant.get("/webhooks").data()["webhooks"][0]["failed"] == 3)
        try Hooks.receiver.setStatus(name, to: 200)
        try tenant.record(SampleLog(id: "after"))
        try hook.awaitState { $0["failures"] == 0 && $0["behind"] == 0 }
        // None was recorded in these ranges.
        for range in [
            #""from":"\#(now(plus: 3600))""#, #""to":"2022-01-01""#, #""from":"2022-02-01","to":"2022-01-01""#,
        ] {
            #expect(try hook.redeliver(#"{"state":"failed",\#(range)}"#)["queued"] == 0, "\(range)")
        }
        #expect(try hook.get()["replays"] == [])
        let body = #"{"state":"failed","from":"\#(now(plus: -3600))","to":"\#(now(plus: 3600))"}"#
        let target = "/webhooks/\(hook.id)/redeliver"
        let response = try tenant.request("POST", target, key: "redeliver", body)
        #expect(try response.data() == ["queued": 3, "after": 0, "through": 5])
        try expectReplay(tenant.request("POST", target, key: "redeliver", body), of: response)
        let requests = try Hooks.receiver.waitForRequests(path, 9)
        let lost = ["lost-0", "lost-1", "lost-2"]
        #expect(try requests.ids() == ["before"] + lost + ["lost-2", "after"] + lost)
        // The receiver recognises them.
        #expect(requests.suffix(3).map { $0["webhook-id"] } == requests[1...3].map { $0["webhook-id"] })
        let repaired = try hook.awaitState { $0["failed"] == 0 && $0["replays"] == [] }
        #expect(repaired["failures"] == 0)
        // Results are saved together, some time after the requests.
        _ = try hook.waitForDeliveries("?state=waiting") { $0.isEmpty }
        let delivery = try #require(try hook.deliveries().first { $0["send_id"] == "lost-1" })
        #expect(delivery["state"] == "delivered" && delivery["tries"] == 1)
        #expect(delivery["attempts"].elements.map { $0["status"] } == [404, 200])
    }

    @Test func `a replay delivers the sends of its campaigns after a sequence number, or since a time`() throws {
        let tenant = try Hooks.tenant()
        try tenant.record(SampleLog(id: "old"))
        // The snapshot of a search is the newest sequence number.
        let head = try tenant.search("{}")["parsed"]["options"]["as_of"]
        #expect(head == 1)
        let path = Hooks.path("ok")
        let hook = try Hook(tenant, Hooks.receiver.url(path), more: #","campaign_id":["spring"]"#)
        for number in 0..<4 {
            try tenant.record(SampleLog(id: "send-\(number)", campaign: number == 2 ? "autumn" : "spring"))
        }
        try hook.awaitState { $0["behind"] == 0 }
        #expect(try Hooks.receiver.waitForRequests(path, 3).ids() == ["send-0", "send-1", "send-3"])
        #expect(try hook.replay(#"{"after":1}"#) == ["queued": 3, "after": 1, "through": 5])
        #expect(try Hooks.receiver.waitForRequests(path, 6).ids().suffix(3) == ["send-0", "send-1", "send-3"])
        try hook.awaitState { $0["replays"] == [] }
        // Sends from before the webhook are included as well.
        #expect(try hook.replay(#"{"from":"\#(now(plus: -3600))"}"#)["queued"] == 4)
        #expect(try Hooks.receiver.waitForRequests(path, 10).ids().suffix(4) == ["old", "send-0", "send-1", "send-3"])
        #expect(try hook.replay(#"{"after":5}"#) == ["queued": 0, "after": 5, "through": 5])
        #expect(try hook.replay(#"{"after":9000000000}"#)["queued"] == 0)
        let ids = try Set(Hooks.receiver.requests(path).map { $0["webhook-id"] ?? "" })
        #expect(ids.count == 4)
    }

    @Test func `a new send does not wait for a long replay, which shows its position and can be cancelled`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("slow/20")
        let hook = try Hook(tenant, Hooks.receiver.url(path), more: #","active":false"#)
        try tenant.record((0..<2000).map { SampleLog(id: "send-\($0)") })
        try hook.put(#"{"active":true}"#)
        #expect(try hook.replay(#"{"after":0}"#)["queued"] == 2000)
        let running = try #require(try hook.get()["replays"].elements.first)
        #expect(running.names == ["_id", "after", "kind", "position", "through"])
        #expect(running["kind"] == "all" && running["after"] == 0 && running["through"] == 2000)
        _ = try Hooks.receiver.waitForRequests(path, 60)
        try tenant.record(SampleLog(id: "new"))
        let isDelivered = try Deadline.poll(for: 180) { try Hooks.receiver.requests(path).ids().contains("new") }
        #expect(isDelivered)
        let position = try #require(try hook.get()["replays"][0]["position"].integer)
        #expect((50..<2000).contains(position), "the new send was delivered during the replay")
        let cancelled = try tenant.request("DELETE", "/webhooks/\(hook.id)/replays").data()
        #expect(cancelled == ["_id": .string(hook.id), "cancelled": 1])
        try hook.awaitState { $0["replays"] == [] }
        _ = try hook.waitForDeliveries("?state=waiting") { $0.isEmpty }
        #expect(try Hooks.receiver.requests(path).count < 2000)
        #expect(try tenant.request("DELETE", "/webhooks/\(hook.id)/replays").data()["cancelled"] == 0)
    }

    @Test func `what was recorded while a webhook was inactive can be replayed at once, also if it is behind`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("slow/50")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record((0..<100).map { SampleLog(id: "send-\($0)") })
        try hook.put(#"{"active":false}"#)
        try tenant.record((0..<4).map { SampleLog(id: "missed-\($0)") })
        try hook.put(#"{"active":true}"#)
        try tenant.record(SampleLog(id: "new"))
        #expect(try hook.replay(#"{"after":100}"#)["queued"] == 4)
        try hook.awaitState { $0["replays"] == [] && $0["behind"] == 0 }
        _ = try hook.waitForDeliveries("?state=waiting&limit=1") { $0.isEmpty }
        let ids = try Hooks.receiver.requests(path).ids()
        // On a busy machine an attempt can time out, and is repeated later.
        var seen: Set<String> = []
        let firsts = ids.filter { seen.insert($0).inserted }
        #expect(Array(firsts.suffix(5)) == ["new", "missed-0", "missed-1", "missed-2", "missed-3"], "\(ids)")
        #expect(Set(ids).count == 105 && ids.filter { $0.hasPrefix("missed") }.count == 4)
    }

    @Test func `a webhook that is paused or inactive refuses a replay, and one can have ten`() throws {
        let tenant = try Hooks.tenant()
        let name = UUID().uuidString
        let hook = try Hook(tenant, Hooks.receiver.url("/switch/\(name)"))
        try tenant.record(SampleLog(id: "send"))
        try hook.awaitState { $0["behind"] == 0 }
        try Hooks.receiver.setStatus(name, to: 410)
        try tenant.record(SampleLog(id: "gone"))
        try hook.awaitState { $0["paused"] != .null }
        func refusal(_ says: String) throws {
            for (route, body) in [("redeliver", #"{"state":"failed"}"#), ("replay", #"{"after":0}"#)] {
                let response = try tenant.post("/webhooks/\(hook.id)/\(route)", body)
                try expectFailure(response, 409, "conflict", says: says)
            }
        }
        try refusal("the webhook is paused; resume it first")
        try hook.put(#"{"active":false}"#)
        try refusal("the webhook is not active; activate it first")
        #expect(try hook.get()["failed"] == 1 && hook.get()["replays"] == [])
        // While a webhook is held, its replays wait.
        try hook.put(#"{"active":true,"url":\#(JSON.text(Hooks.receiver.url(Hooks.path("status/503/600"))))}"#)
        try tenant.record(SampleLog(id: "held"))
        try hook.awaitState { $0["heldUntil"] != .null && $0["behind"] == 0 }
        for _ in 0..<10 { #expect(try hook.replay(#"{"after":0}"#)["queued"] == 3) }
        #expect(try hook.get()["replays"].elements.allSatisfy { $0["position"] == 0 })
        try refusal("limit reached: a webhook can have at most 10 replays")
        #expect(try tenant.request("DELETE", "/webhooks/\(hook.id)/replays").data()["cancelled"] == 10)
    }

    @Test(arguments: [
        ("redeliver", "{}", "state"), ("redeliver", #"{"state":"waiting"}"#, "state"),
        ("redeliver", #"{"state":"failed","form":"2022-01-01"}"#, "form"), ("replay", "{}", "from"),
        ("replay", #"{"from":"2022-01-01T00:00:00"}"#, "from"), ("replay", #"{"after":-1}"#, "after"),
        ("replay", #"{"from":"2022-01-01","after":1}"#, "after"), ("replay", #"{"after":1,"to":"2022-01-01"}"#, "to"),
    ])
    func `an invalid request is refused, and its field is named`(route: String, body: String, issue: String) throws {
        let tenant = try Hooks.tenant()
        let hook = try Hook(tenant, "https://receiver.example")
        try expectFailure(tenant.post("/webhooks/\(hook.id)/\(route)", body), 400, "invalid_request", issue: issue)
    }

    @Test func `replays need the permission webhook.update, and a webhook of the organisation`() throws {
        let tenant = try Hooks.tenant()
        let hook = try Hook(tenant, "https://receiver.example")
        let reader = Tenant(
            server: tenant.server,
            name: tenant.name,
            key: try tenant.server.key(of: tenant.name, permissions: ["webhook.read", "webhook.create"])
        )
        let stranger = try Hooks.tenant()
        for (method, route, body) in [
            ("POST", "redeliver", #"{"state":"failed"}"#), ("POST", "replay", #"{"after":0}"#),
            ("DELETE", "replays", ""),
        ] {
            let target = "/webhooks/\(hook.id)/\(route)"
            let denied = try reader.request(method, target, body: Array(body.utf8))
            try expectFailure(denied, 403, "permission_denied")
            let missing = try stranger.request(method, target, body: Array(body.utf8))
            try expectFailure(missing, 404, "resource_not_found")
        }
    }

    @Test func `a server samples the times of recording, and refuses a time before the first one`() throws {
        let folder = try TemporaryFolder()
        let first = try Server(in: folder)
        let owner = try Hooks.tenant(on: first)
        let hook = try Hook(owner, "http://127.0.0.1:9/")
        try owner.record((0..<3).map { SampleLog(id: "send-\($0)") })
        #expect(try first.stop() == .code(0))
        // As if the organisation had been created before times of recording were sampled.
        try first.executeSQL("DELETE FROM recording_times")
        let server = try Server(in: folder)
        let tenant = owner.on(server)
        let body = #"{"from":"2022-01-01"}"#
        var response = try tenant.post("/webhooks/\(hook.id)/replay", body)
        // The server takes samples when it starts, and then once a minute.
        let isSampled = try Deadline.poll(for: 180) {
            response = try tenant.post("/webhooks/\(hook.id)/replay", body)
            return response.text.contains("times of recording are known since 20")
        }
        #expect(isSampled, "\(response.text)")
        try expectFailure(response, 400, "invalid_request", says: "use after with a sequence number", issue: "from")
        for field in ["from", "to"] {
            let body = #"{"state":"failed","\#(field)":"2022-01-01"}"#
            let redelivery = try tenant.post("/webhooks/\(hook.id)/redeliver", body)
            try expectFailure(redelivery, 400, "invalid_request", says: "leave out \(field)", issue: field)
        }
        #expect(try tenant.post("/webhooks/\(hook.id)/redeliver", #"{"state":"failed"}"#).data()["queued"] == 0)
        #expect(try server.stop() == .code(0))
    }

    @Test(arguments: [408, 423, 425])
    func `a temporary status is retried`(status: Int) throws {
        let path = Hooks.path("each/1/\(status)")
        let tenant = try Hooks.tenant()
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send"))
        let delivered = try hook.waitForDeliveries { $0.first?["state"] == "delivered" }
        let statuses = delivered.first?["attempts"].elements.map { $0["status"] } ?? []
        // A 408 on a connection that was used before is repeated at once, within the same attempt.
        #expect(statuses == [.number(Double(status)), 200] || (status == 408 && statuses == [200]), "\(statuses)")
        #expect(try hook.get()["failed"] == 0)
    }

    @Test(.timeLimit(.minutes(10)))
    func `after kill -9 during a replay, each of its sends is delivered again`() throws {
        let folder = try TemporaryFolder()
        let arguments = [
            "--webhooks-allow", "127.0.0.1", "--webhooks-timeout", "3", "--webhooks-lease-seconds", "6",
        ]
        var server = try Server(in: folder, arguments: arguments)
        let owner = try Hooks.tenant(on: server)
        let path = Hooks.path("slow/5")
        let hook = try Hook(owner, Hooks.receiver.url(path), more: #","active":false"#)
        try owner.record((0..<400).map { SampleLog(id: "send-\($0)") })
        try hook.put(#"{"active":true}"#)
        #expect(try hook.replay(#"{"after":0}"#)["queued"] == 400)
        for round in 1...TestScale.kills {
            _ = try Hooks.receiver.waitForRequests(path, min(60 * round, 380))
            try server.crash()
            server = try Server(in: folder, arguments: arguments)
        }
        let restarted = Hook(existing: hook.id, of: owner.on(server))
        try restarted.awaitState { $0["replays"] == [] }
        _ = try restarted.waitForDeliveries("?state=waiting&limit=1") { $0.isEmpty }
        let ids = try Hooks.receiver.requests(path).ids()
        #expect(Set(ids) == Set((0..<400).map { "send-\($0)" }))
        #expect(try restarted.get()["failed"] == 0)
        #expect(try server.command("database", "check").exit == .code(0))
        #expect(try server.stop() == .code(0))
    }

    @Test func `the metrics have each webhook up to a limit, and the number of those that are left out`() throws {
        let server = try Server(arguments: ["--webhooks-allow", "127.0.0.1", "--webhooks-max-metrics", "1"])
        let tenant = try Hooks.tenant(on: server)
        let path = Hooks.path("each/1/404")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        _ = try Hook(tenant, "https://receiver.example", more: #","active":false"#)
        for number in 0..<2 { try tenant.record(SampleLog(id: "send-\(number)")) }
        _ = try hook.waitForDeliveries("?state=failed") { $0.count == 2 }
        #expect(try hook.redeliver(#"{"state":"failed"}"#)["queued"] == 2)
        _ = try hook.waitForDeliveries("?state=delivered") { $0.count == 2 }
        let webhook = #"webhook="\#(hook.id)""#
        // The server reads the state of webhooks every ten seconds.
        var lines: [String] = []
        let isComplete = try Deadline.poll(for: 60) {
            let metrics = try tenant.request("GET", "/metrics", authorisation: "").text
            lines = metrics.split(separator: "\n").map(String.init)
            return lines.contains { $0.contains("by_webhook_total") && $0.contains(webhook) && $0.hasSuffix(" 2") }
                && lines.contains { $0.hasPrefix("sendlog_webhook_behind") && $0.hasSuffix(" 0") }
        }
        #expect(isComplete, "\(lines.filter { $0.contains("webhook") })")
        let own = lines.filter { $0.contains(webhook) }
        #expect(own.allSatisfy { $0.contains(#"{organisation="1",\#(webhook)"#) })
        let values = own.map { $0.replacing(#"{organisation="1",\#(webhook)"#, with: "{") }
        #expect(
            values == [
                #"sendlog_webhook_attempts_by_webhook_total{,outcome="delivered"} 2"#,
                #"sendlog_webhook_attempts_by_webhook_total{,outcome="failed"} 2"#,
                "sendlog_webhook_failed_deliveries{} 0", "sendlog_webhook_behind{} 0",
                "sendlog_webhook_failures{} 0", "sendlog_webhook_paused{} 0",
            ]
        )
        #expect(lines.contains("sendlog_webhook_metrics_left_out 1"))
        #expect(!lines.contains { $0.contains("receiver.example") || $0.contains(tenant.name) })
    }
}

extension Hook {
    /// Redelivers failed deliveries.
    func redeliver(_ body: String) throws -> JSON { try tenant.post("/webhooks/\(id)/redeliver", body).data() }

    /// Replays sends.
    func replay(_ body: String) throws -> JSON { try tenant.post("/webhooks/\(id)/replay", body).data() }
}
