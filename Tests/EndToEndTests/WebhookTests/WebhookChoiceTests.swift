import Foundation
import TestSupport
import Testing

/// Which sends a webhook delivers, and manual tests and redeliveries.
@Suite(.blocking) struct WebhookChoiceTests {
    @Test func `only the sends of chosen campaigns are delivered`() throws {
        let tenant = try Hooks.tenant()
        let (some, all) = (Hooks.path("ok"), Hooks.path("ok"))
        let chosen = try Hook(tenant, Hooks.receiver.url(some), more: #","campaign_id":["b","d"]"#)
        _ = try Hook(tenant, Hooks.receiver.url(all))
        let campaigns = ["a", "b", "c", "d", "a", "b", "e"]
        for (number, campaign) in campaigns.enumerated() {
            try tenant.record(SampleLog(id: "send-\(number)", campaign: campaign))
        }
        let delivered = try Hooks.receiver.waitForRequests(all, 7)
        #expect(try delivered.ids() == (0..<7).map { "send-\($0)" })
        #expect(try Hooks.receiver.waitForRequests(some, 3).ids() == ["send-1", "send-3", "send-5"])
        try chosen.awaitState { $0["behind"] == 0 }
        #expect(try chosen.waitForDeliveries { $0.count == 3 }.count == 3)
        // A changed filter applies from now on.
        try chosen.put(#"{"campaign_id":["a"]}"#)
        for (number, campaign) in ["b", "a"].enumerated() {
            try tenant.record(SampleLog(id: "later-\(number)", campaign: campaign))
        }
        #expect(try Hooks.receiver.waitForRequests(some, 4).ids().last == "later-1")
        try chosen.awaitState { $0["behind"] == 0 }
        #expect(try Hooks.receiver.requests(some).count == 4)
    }

    @Test func `sends recorded before creation or while inactive are never delivered`() throws {
        let tenant = try Hooks.tenant()
        try tenant.record(SampleLog(id: "before"))
        let (path, other) = (Hooks.path("ok"), Hooks.path("ok"))
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        _ = try Hook(tenant, Hooks.receiver.url(other))
        try tenant.record(SampleLog(id: "delivered"))
        #expect(try Hooks.receiver.waitForRequests(path, 1).ids() == ["delivered"])
        try hook.awaitState { $0["behind"] == 0 }
        #expect(try hook.put(#"{"active":false}"#)["behind"] == 0)
        // At once: the server must not use a cached state of the webhook.
        try tenant.record(SampleLog(id: "silent"))
        _ = try Hooks.receiver.waitForRequests(other, 2)
        #expect(try hook.put(#"{"active":true}"#)["behind"] == 0)
        try tenant.record(SampleLog(id: "last"))
        #expect(try Hooks.receiver.waitForRequests(path, 2).ids() == ["delivered", "last"])
        try hook.awaitState { $0["behind"] == 0 }
        #expect(try Hooks.receiver.requests(path).count == 2)
    }

    @Test func `sends recorded while active are delivered, even if the webhook was inactive in between`() throws {
        let tenant = try Hooks.tenant()
        // So slow that the server saves each attempt by itself, and notices then that the webhook was changed.
        let path = Hooks.path("slow/300")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        let ids = (0..<30).map { "send-\($0)" }
        try tenant.record(ids.map { SampleLog(id: $0) })
        _ = try Hooks.receiver.waitForRequests(path, 2)
        let behind = try hook.put(#"{"active":false}"#)["behind"].integer ?? 0
        #expect(behind > 0 && behind <= 30)
        let before = try Hooks.receiver.requests(path).count
        // Another webhook takes a second for three sends. Meanwhile this one only finishes its current attempt.
        let clock = Hooks.path("slow/500")
        _ = try Hook(tenant, Hooks.receiver.url(clock))
        for number in 1...3 {
            try tenant.record(SampleLog(id: "silent-\(number)"))
            _ = try Hooks.receiver.waitForRequests(clock, number)
        }
        let after = try Hooks.receiver.requests(path).count
        #expect(after <= before + 1 && after < 30, "\(before) requests, and \(after) afterwards")
        #expect(try hook.get()["behind"].integer.map { $0 > 0 && $0 <= behind } == true)
        try hook.put(#"{"active":true}"#)
        try tenant.record(SampleLog(id: "last"))
        try hook.awaitState { $0["behind"] == 0 }
        let all = try Hooks.receiver.requests(path).ids()
        #expect(all.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } } == ids + ["last"])
    }

    @Test func `a webhook that is created inactive delivers sends from its activation on`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("ok")
        let hook = try Hook(tenant, Hooks.receiver.url(path), more: #","active":false"#)
        try tenant.record(SampleLog(id: "silent"))
        try hook.put(#"{"active":true}"#)
        try tenant.record(SampleLog(id: "delivered"))
        #expect(try Hooks.receiver.waitForRequests(path, 1).ids() == ["delivered"])
    }

    @Test func `a changed webhook uses its new URL at once, and a deleted one sends nothing`() throws {
        let tenant = try Hooks.tenant()
        let (old, new, other) = (Hooks.path("ok"), Hooks.path("ok"), Hooks.path("ok"))
        let hook = try Hook(tenant, Hooks.receiver.url(old))
        _ = try Hook(tenant, Hooks.receiver.url(other))
        try tenant.record(SampleLog(id: "one"))
        _ = try Hooks.receiver.waitForRequests(old, 1)
        try hook.put(#"{"url":"\#(Hooks.receiver.url(new))","body":"{\"id\":\"new {{send._id}}\"}"}"#)
        try tenant.record(SampleLog(id: "two"))
        #expect(try Hooks.receiver.waitForRequests(new, 1).ids() == ["new two"])
        _ = try tenant.request("DELETE", "/webhooks/\(hook.id)").data()
        try tenant.record(SampleLog(id: "three"))
        try tenant.record(SampleLog(id: "four"))
        _ = try Hooks.receiver.waitForRequests(other, 4)
        #expect(try Hooks.receiver.requests(old).count == 1 && Hooks.receiver.requests(new).count == 1)
    }

    @Test func `a test delivers the newest send, a send by its id, or a sample`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("ok")
        let hook = try Hook(tenant, Hooks.receiver.url(path), more: #","active":false,"campaign_id":["a"]"#)
        let sample = try hook.test()
        #expect(sample["state"] == "delivered" && sample["test"] == .bool(true) && sample["tries"] == 1)
        #expect(sample["attempts"][0]["status"] == 200 && sample["attempts"][0]["answer"] == "thanks")
        for (id, campaign) in [("first", "a"), ("second", "a"), ("other", "b")] {
            try tenant.record(SampleLog(id: id, campaign: campaign, start: "2022-01-15T12:00:00.000Z"))
        }
        #expect(try hook.test()["send_id"] == "second")
        #expect(try hook.test(#"{"send_id":null}"#)["send_id"] == "second")
        #expect(try hook.test(#"{"send_id":"first"}"#)["send_id"] == "first")
        #expect(try hook.test(#"{"send_id":"other"}"#)["send_id"] == "other")
        let missing = try tenant.post("/webhooks/\(hook.id)/test", #"{"send_id":"none"}"#)
        try expectFailure(missing, 404, "resource_not_found", says: "none")
        let ids = try Hooks.receiver.requests(path).ids()
        #expect(ids == [sample["send_id"].string ?? "", "second", "second", "first", "other"])
        let deliveries = try hook.deliveries()
        #expect(deliveries.count == 5 && deliveries.allSatisfy { $0["test"] == .bool(true) })
        #expect(deliveries.last == sample)
        // Each is a separate message to the receiver.
        #expect(try Set(Hooks.receiver.requests(path).map { $0["webhook-id"] }).count == 5)
    }

    @Test func `a failed test reports its problem, and is not retried`() throws {
        let hook = try Hook(try Hooks.tenant(), Hooks.receiver.url(Hooks.path("status/500")))
        let failed = try hook.test()
        #expect(failed["state"] == "failed" && failed["nextTryAt"] == .null)
        #expect(failed["attempts"][0]["status"] == 500 && failed["attempts"][0]["answer"] == "status 500")
        #expect(try hook.get()["failures"] == 0)
        let refused = try Hook(try Hooks.tenant(), "http://127.0.0.1:1/").test()
        #expect(refused["attempts"][0]["status"] == .null)
        #expect(refused["attempts"][0]["problem"].string?.contains("Connection refused") == true, "\(refused)")
    }

    @Test func `a test with a send of another organisation gets 404`() throws {
        let (tenant, other) = (try Hooks.tenant(), try Hooks.tenant())
        try other.record(SampleLog(id: "theirs"))
        let hook = try Hook(tenant, Hooks.receiver.url(Hooks.path("ok")))
        let response = try tenant.post("/webhooks/\(hook.id)/test", #"{"send_id":"theirs"}"#)
        try expectFailure(response, 404, "resource_not_found")
        #expect(try hook.test()["send_id"] != "theirs")
    }

    @Test func `a manual redelivery is the same message`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("fail/1/400")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send-1"))
        let failed = try hook.waitForDeliveries("?state=failed") { $0.count == 1 }[0]
        let route = "/webhooks/\(hook.id)/deliveries/\(failed["_id"].string ?? "")/redeliver"
        let again = try tenant.request("POST", route).data()
        #expect(again["state"] == "delivered" && again["tries"] == 1 && again["_id"] == failed["_id"])
        #expect(again["attempts"].elements.map { $0["status"].integer } == [400, 200])
        #expect(try hook.deliveries() == [again])
        // A delivered send can be redelivered as well, and a redelivery does not count as a try.
        let third = try tenant.request("POST", route).data()
        #expect(third["tries"] == 1 && third["attempts"].elements.count == 3)
        let requests = try Hooks.receiver.requests(path)
        #expect(requests.count == 3)
        for name in ["webhook-id", "idempotency-key"] { #expect(Set(requests.map { $0[name] }).count == 1) }
        for id in ["2", "x", "1-t5", "-1", "01"] {
            let response = try tenant.request("POST", "/webhooks/\(hook.id)/deliveries/\(id)/redeliver")
            try expectFailure(response, 404, "resource_not_found")
        }
    }
}
