import Foundation
import Testing

/// Sends arrive at their receivers in order, and are retried if they were not accepted.
@Suite(.blocking) struct WebhookDeliveryTests {
    @Test func `sends recorded by several clients at once arrive once each, in the order of recording`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("ok")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        _ = try inParallel(4) { client in
            let connection = try tenant.server.connect()
            for number in 0..<40 {
                let body = Array(SampleLog(id: "\(client)-\(number)").json.utf8)
                let response = try connection.request("POST", "/send-logs", headers: tenant.headers, body: body)
                #expect(response.status == 201)
            }
        }
        let delivered = try Hooks.receiver.waitForRequests(path, 160)
        // The id of a delivery is the sequence number of its send.
        let deliveries = try hook.waitForDeliveries("?limit=1000") { $0.count == 160 }
        #expect(try delivered.ids() == deliveries.reversed().map { $0["send_id"].string })
        let sequences = deliveries.compactMap { $0["_id"].string.flatMap { Int($0) } }
        #expect(sequences == (1...160).reversed())
        for client in 0..<4 {
            let ids = try delivered.ids().filter { $0.hasPrefix("\(client)-") }
            #expect(ids == (0..<40).map { "\(client)-\($0)" })
        }
        #expect(try Hooks.receiver.requests(path).count == 160)
        #expect(try hook.get()["behind"] == 0)
    }

    @Test func `a delivery has its state and its attempts`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("long/200")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send-1"))
        let delivery = try hook.waitForDeliveries { $0.first?["state"] == "delivered" }[0]
        #expect(
            delivery.names == [
                "_id", "attempts", "createdAt", "nextTryAt", "send_id", "state", "test", "tries", "webhook_id",
            ]
        )
        #expect(delivery["_id"] == "1" && delivery["send_id"] == "send-1" && delivery["webhook_id"].string == hook.id)
        #expect(delivery["test"] == .bool(false) && delivery["tries"] == 1 && delivery["nextTryAt"] == .null)
        let attempt = delivery["attempts"][0]
        #expect(attempt.names == ["answer", "at", "duration", "problem", "status"])
        #expect(attempt["status"] == 200 && attempt["problem"] == .null)
        // The first kilobyte of 3,000 letters.
        #expect(attempt["answer"].string == String(String(repeating: "abc", count: 400).prefix(1024)))
        // In milliseconds; this receiver takes 200.
        let slow = try Hook(tenant, Hooks.receiver.url(Hooks.path("slow/200"))).test()["attempts"][0]
        #expect(slow["duration"].integer.map { $0 >= 200 } == true, "\(slow)")
    }

    @Test(arguments: [500, 502, 503, 599, 429])
    func `a temporary failure is retried until the receiver accepts the send`(status: Int) throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("fail/2/\(status)")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send-1"))
        let delivery = try hook.waitForDeliveries { $0.first?["state"] == "delivered" }[0]
        #expect(delivery["tries"] == 3)
        #expect(delivery["attempts"].elements.map { $0["status"].integer } == [status, status, 200])
        #expect(delivery["attempts"].elements.map { $0["answer"] } == ["request 1", "request 2", "request 3"])
        let times = delivery["attempts"].elements.compactMap { $0["at"].string }
        #expect(times == times.sorted())
        let requests = try Hooks.receiver.requests(path)
        #expect(requests.count == 3)
        #expect(Set(requests.map(\.text)).count == 1)
        #expect(try hook.get()["failures"] == 0)
    }

    @Test(arguments: [400, 401, 404, 422, 301, 302, 304])
    func `a permanent failure is final, and the next send is delivered`(status: Int) throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("fail/1/\(status)")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send-1"))
        try tenant.record(SampleLog(id: "send-2"))
        let deliveries = try hook.waitForDeliveries { $0.count == 2 }
        #expect(deliveries.map { $0["state"] } == ["delivered", "failed"], "\(deliveries)")
        #expect(deliveries[1]["nextTryAt"] == .null && deliveries[1]["attempts"][0]["status"].integer == status)
        #expect(try hook.deliveries("?state=failed").map { $0["send_id"] } == ["send-1"])
        #expect(try Hooks.receiver.requests(path).count == 2)
    }

    @Test func `while one send waits for its next attempt, later sends are delivered`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("each/3/500")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        for number in 0..<5 { try tenant.record(SampleLog(id: "send-\(number)")) }
        let deliveries = try hook.waitForDeliveries { $0.count == 5 && $0.allSatisfy { $0["state"] == "delivered" } }
        #expect(deliveries.allSatisfy { $0["tries"] == 4 })
        let firsts = try Hooks.receiver.requests(path).ids().reduce(into: [String]()) { ids, id in
            if !ids.contains(id) { ids.append(id) }
        }
        #expect(firsts == (0..<5).map { "send-\($0)" })
    }

    @Test func `Retry-After is respected, and shown as the next attempt`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("status/429/300")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        let before = Date()
        try tenant.record(SampleLog(id: "send-1"))
        let delivery = try hook.waitForDeliveries("?state=waiting") { $0.count == 1 }[0]
        let next = try Date(#require(delivery["nextTryAt"].string), strategy: .iso8601WithFraction)
        #expect((295...420).contains(next.timeIntervalSince(before)), "\(next)")
        // It gets no other sends meanwhile: another webhook, the sentinel, gets two first.
        let other = Hooks.path("ok")
        _ = try Hook(tenant, Hooks.receiver.url(other))
        for id in ["send-2", "send-3"] {
            try tenant.record(SampleLog(id: id))
            _ = try Hooks.receiver.waitForRequests(other, id == "send-2" ? 1 : 2)
        }
        #expect(try Hooks.receiver.requests(path).count == 1)
        #expect(try hook.get()["behind"] == 2)
    }

    @Test func `a Retry-After of days is limited to an hour`() throws {
        let tenant = try Hooks.tenant()
        let hook = try Hook(tenant, Hooks.receiver.url(Hooks.path("status/503/8640000")))
        let before = Date()
        try tenant.record(SampleLog(id: "send-1"))
        let delivery = try hook.waitForDeliveries("?state=waiting") { $0.count == 1 }[0]
        let next = try Date(#require(delivery["nextTryAt"].string), strategy: .iso8601WithFraction)
        #expect((3595...3720).contains(next.timeIntervalSince(before)), "\(next)")
    }

    @Test func `pages of deliveries contain all deliveries, the newest first`() throws {
        let tenant = try Hooks.tenant()
        let hook = try Hook(tenant, Hooks.receiver.url(Hooks.path("each/1/500")))
        for number in 0..<7 { try tenant.record(SampleLog(id: "send-\(number)")) }
        let all = try hook.waitForDeliveries("?state=delivered") { $0.count == 7 }
        #expect(all.compactMap { $0["send_id"].string } == (0..<7).reversed().map { "send-\($0)" })
        var (found, next): ([JSON], JSON) = ([], .null)
        repeat {
            let before = next.string.map { "&before=\($0)" } ?? ""
            let page = try tenant.get("/webhooks/\(hook.id)/deliveries?limit=3\(before)").data()
            #expect(page["deliveries"].elements.count <= 3)
            found += page["deliveries"].elements
            next = page["next"]
        } while next != .null
        #expect(found == all)
        #expect(try hook.deliveries("?state=failed").isEmpty)
        #expect(try hook.deliveries("?state=waiting").isEmpty)
    }

    @Test func `a hanging or dead receiver delays neither other receivers nor recording`() throws {
        let server = try Hooks.server
        let tenant = try Hooks.tenant()
        _ = try Hook(tenant, Hooks.receiver.url(Hooks.path("hang")))
        let slow = Hooks.path("slow/3000")
        _ = try Hook(tenant, Hooks.receiver.url(slow))
        // Nothing listens at port 1.
        _ = try Hook(tenant, "http://127.0.0.1:1/")
        let path = Hooks.path("ok")
        _ = try Hook(tenant, Hooks.receiver.url(path))
        let connection = try server.connect()
        for number in 0..<30 {
            let body = Array(SampleLog(id: "send-\(number)").json.utf8)
            let response = try connection.request("POST", "/send-logs", headers: tenant.headers, body: body)
            #expect(response.status == 201)
        }
        let requests = try Hooks.receiver.waitForRequests(path, 30)
        #expect(try requests.ids() == (0..<30).map { "send-\($0)" })
        // If the healthy receiver had waited for the others, the slow one would have got as many requests.
        let others = try Hooks.receiver.requests(slow).count
        #expect(others < 29, "the slow receiver got \(others) requests meanwhile")
    }
}

extension ParseStrategy where Self == Date.ISO8601FormatStyle {
    /// Timestamps as the service writes them.
    static var iso8601WithFraction: Self { Date.ISO8601FormatStyle(includingFractionalSeconds: true) }
}
