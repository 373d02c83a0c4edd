import Foundation
import TestSupport
import Testing

/// Webhooks that keep failing are paused, give the reason, and continue where they stopped.
@Suite(.blocking) struct WebhookPauseTests {
    @Test func `410 pauses a webhook at once, and a resumed webhook delivers its backlog`() throws {
        let tenant = try Hooks.tenant()
        let name = UUID().uuidString
        let path = "/switch/\(name)"
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try Hooks.receiver.setStatus(name, to: 410)
        try tenant.record(SampleLog(id: "gone"))
        let paused = try hook.awaitState { $0["paused"] != .null }
        #expect(paused["paused"].names == ["at", "reason"])
        #expect(paused["paused"]["reason"].string?.contains("410") == true)
        #expect(paused["active"] == .bool(true) && paused["failures"] == 1)
        // Another webhook, the sentinel, gets all of them first.
        let other = Hooks.path("ok")
        _ = try Hook(tenant, Hooks.receiver.url(other))
        for number in 0..<3 {
            try tenant.record(SampleLog(id: "waits-\(number)"))
            _ = try Hooks.receiver.waitForRequests(other, number + 1)
        }
        #expect(try Hooks.receiver.requests(path).count == 1)
        #expect(try hook.get()["behind"] == 3)
        #expect(try tenant.get("/webhooks").data()["webhooks"][0]["paused"]["reason"].string?.contains("410") == true)
        try Hooks.receiver.setStatus(name, to: 200)
        let resumed = try hook.put(#"{"active":true}"#)
        #expect(resumed["paused"] == .null && resumed["failures"] == 0)
        let ids = try Hooks.receiver.waitForRequests(path, 4).ids()
        #expect(ids == ["gone", "waits-0", "waits-1", "waits-2"])
    }

    @Test func `every response with a webhook has its state`() throws {
        let tenant = try Hooks.tenant()
        let name = UUID().uuidString
        let hook = try Hook(tenant, Hooks.receiver.url("/switch/\(name)"), more: #","active":false"#)
        func expectState(_ state: String) throws {
            #expect(try hook.get()["state"].string == state)
            let list = try tenant.get("/webhooks").data()["webhooks"].elements
            #expect(list.map(\.["state"].string) == [state])
        }
        try expectState("inactive")
        #expect(try hook.put(#"{"active":true}"#)["state"] == "active")
        try expectState("active")
        try Hooks.receiver.setStatus(name, to: 503)
        try tenant.record(SampleLog(id: "send-1"))
        try hook.awaitState { $0["failures"] != 0 }
        try expectState("failing")
        try Hooks.receiver.setStatus(name, to: 410)
        let paused = try hook.awaitState { $0["paused"] != .null }
        #expect(paused["state"] == "paused" && paused["active"] == .bool(true))
        try expectState("paused")
        #expect(try hook.put(#"{"active":false}"#)["state"] == "inactive")
        try Hooks.receiver.setStatus(name, to: 200)
        #expect(try hook.put(#"{"active":true}"#)["state"] == "active")
        // A request that is repeated gets the state of then.
        let key = [("Idempotency-Key", UUID().uuidString)]
        let body = Array(#"{"active":false}"#.utf8)
        let first = try tenant.request("PUT", "/webhooks/\(hook.id)", headers: key, body: body)
        let again = try tenant.request("PUT", "/webhooks/\(hook.id)", headers: key, body: body)
        #expect(first.dataText == again.dataText && again["idempotency-replayed"] == "true")
        #expect(try again.data()["state"] == "inactive")
    }

    @Test func `a webhook that keeps failing is paused, and delivers its backlog when it is resumed`() throws {
        let server = try Server(
            arguments: ["--webhooks-allow", "127.0.0.1", "--webhooks-retry-seconds", "5"]
        )
        let tenant = try Hooks.tenant(on: server)
        let name = UUID().uuidString
        let path = "/switch/\(name)"
        try Hooks.receiver.setStatus(name, to: 503)
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        // When the webhook is paused, sends recorded meanwhile have tries left, or no attempt yet.
        var (ids, paused): ([String], JSON) = ([], .null)
        let deadline = Deadline(after: 180)
        while paused == .null, !deadline.isOver {
            ids.append("send-\(ids.count)")
            try tenant.record(SampleLog(id: ids[ids.count - 1]))
            usleep(200_000)
            paused = try hook.get()["paused"]
        }
        #expect(paused["reason"].string?.contains("HTTP 503") == true, "\(paused)")
        #expect(try hook.get()["failures"].integer ?? 0 >= 5)
        let failures = try hook.get()["failures"]
        let other = Hooks.path("ok")
        _ = try Hook(tenant, Hooks.receiver.url(other))
        try tenant.record(SampleLog(id: "after"))
        ids.append("after")
        _ = try Hooks.receiver.waitForRequests(other, 1)
        #expect(try hook.get()["failures"] == failures)
        // A failed delivery can only be redelivered manually. At least one other send was recorded before the pause.
        let failedIDs = Set(try hook.deliveries("?state=failed&limit=1000").compactMap { $0["send_id"].string })
        #expect(failedIDs.count < ids.count - 1)
        try Hooks.receiver.setStatus(name, to: 200)
        try hook.put(#"{"active":true}"#)
        let requested = Set(ids).subtracting(failedIDs)
        let delivered = try hook.waitForDeliveries("?state=delivered&limit=1000") { $0.count >= requested.count }
        #expect(Set(delivered.compactMap { $0["send_id"].string }) == requested)
        #expect(try hook.get()["paused"] == .null)
        #expect(try server.stop() == .code(0))
    }

    @Test func `a delivery that keeps failing ends as failed, or its webhook is paused`() throws {
        let server = try Server(
            arguments: ["--webhooks-allow", "127.0.0.1", "--webhooks-retry-seconds", "2"]
        )
        let tenant = try Hooks.tenant(on: server)
        let path = Hooks.path("status/500")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send-1"))
        // The delivery fails for good, or the webhook is paused, whichever comes first.
        var delivery: JSON = .null
        let isOver = try Deadline.poll(for: 180) {
            delivery = try hook.deliveries().first ?? .null
            let isPaused = try hook.get()["paused"] != .null
            return isPaused || delivery["state"] == "failed"
        }
        #expect(isOver)
        delivery = try hook.deliveries().first ?? .null
        let tries = try #require(delivery["tries"].integer)
        #expect((5...11).contains(tries))
        #expect(delivery["attempts"].elements.count == tries)
        // Another webhook, the sentinel, gets a send. The paused one would retry if it had retries left.
        let other = Hooks.path("ok")
        _ = try Hook(tenant, Hooks.receiver.url(other))
        try tenant.record(SampleLog(id: "send-2"))
        _ = try Hooks.receiver.waitForRequests(other, 1)
        #expect(try Hooks.receiver.requests(path).ids().count { $0 == "send-1" } == tries)
    }
}
