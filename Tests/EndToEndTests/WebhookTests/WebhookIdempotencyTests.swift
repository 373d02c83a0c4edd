import TestSupport
import Testing

/// Changes to webhooks with an `Idempotency-Key`.
@Suite(.blocking) struct WebhookIdempotencyTests {
    private static let body = #"{"url":"https://receiver.example"}"#

    @Test func `a repeated creation creates one webhook, and does not return its secret again`() throws {
        let tenant = try Hooks.tenant()
        let first = try tenant.request("POST", "/webhooks", key: "a", Self.body)
        let made = try first.data(201)
        let secret = try #require(made["secret"].string)
        let again = try tenant.request("POST", "/webhooks", key: "a", Self.body)
        #expect(again["idempotency-replayed"] == "true")
        let data = try again.data(201)
        #expect(data.names == made.names.filter { $0 != "secret" })
        for name in data.names { #expect(data[name] == made[name], "\(name)") }
        #expect(try tenant.get("/webhooks").data()["webhooks"].elements.count == 1)
        let path = "/webhooks/\(data["_id"].string ?? "")"
        let rotated = try tenant.request("PUT", path, key: "b", #"{"rotateSecret":true}"#)
        let second = try #require(try rotated.data()["secret"].string)
        let repeated = try tenant.request("PUT", path, key: "b", #"{"rotateSecret":true}"#)
        #expect(repeated["idempotency-replayed"] == "true" && !repeated.text.contains("whsec_"))
        #expect(try tenant.get(path).data()["secrets"].elements.count == 2)
        #expect(second != secret)
        if let path = tenant.server.database.split(separator: ":", maxSplits: 1).last, !TestPaths.isOnPostgres {
            let query = "SELECT count(*) FROM idempotency_keys WHERE instr(CAST(body AS TEXT), 'whsec_') > 0"
            #expect(try Command.tool("sqlite3", String(path), query).succeeded().output == "0\n")
        }
    }

    @Test func `an attempt that created the webhook and did not finish is continued`() throws {
        let tenant = try Hooks.tenant(on: Server())
        let first = try tenant.request("POST", "/webhooks", key: "a", Self.body)
        let data = try first.data(201)
        // As after a crash between the two transactions.
        try tenant.server.executeSQL("UPDATE idempotency_keys SET status = NULL, lease_until = 0")
        let again = try tenant.request("POST", "/webhooks", key: "a", Self.body)
        #expect(again["idempotency-replayed"] == nil)
        #expect(try again.data(201) == data)
        #expect(try tenant.get("/webhooks").data()["webhooks"].elements.count == 1)
        let third = try tenant.request("POST", "/webhooks", key: "a", Self.body)
        #expect(third["idempotency-replayed"] == "true" && !third.text.contains("whsec_"))
    }

    @Test func `a repeated test, redelivery or deletion is done once`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("ok")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        let test = try tenant.request("POST", "/webhooks/\(hook.id)/test", key: "a", "")
        let delivery = try #require(try test.data()["_id"].string)
        try expectReplay(tenant.request("POST", "/webhooks/\(hook.id)/test", key: "a", ""), of: test)
        let target = "/webhooks/\(hook.id)/deliveries/\(delivery)/redeliver"
        let redelivered = try tenant.request("POST", target, key: "b", "")
        #expect(try redelivered.data()["attempts"].elements.count == 2)
        try expectReplay(tenant.request("POST", target, key: "b", ""), of: redelivered)
        #expect(try Hooks.receiver.requests(path).count == 2)
        let deleted = try tenant.request("DELETE", "/webhooks/\(hook.id)", key: "c", "")
        #expect(deleted.status == 200)
        try expectReplay(tenant.request("DELETE", "/webhooks/\(hook.id)", key: "c", ""), of: deleted)
        let again = try tenant.request("DELETE", "/webhooks/\(hook.id)", key: "d", "")
        try expectFailure(again, 404, "resource_not_found")
    }
}
