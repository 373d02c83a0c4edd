import Foundation
import TestSupport
import Testing

extension UnderLoad {
    /// Many sends at full speed; `make bench-webhooks` measures the rate.
    @Suite struct WebhookVolumeTests {
        @Test func `a healthy receiver gets 10,000 sends in the order of recording, beside a dead one`() throws {
            let server = try Server(arguments: ["--webhooks-allow", "127.0.0.1"])
            let tenant = try Hooks.tenant(on: server)
            let path = Hooks.path("ok")
            let healthy = try Hook(tenant, Hooks.receiver.url(path))
            let dead = try Hook(tenant, "http://127.0.0.1:1/")
            try ServerMemory.forgetPeak(of: server)
            let before = try ServerMemory(of: server).resident
            _ = try inParallel(4) { client in
                let connection = try server.connect()
                for number in 0..<2500 {
                    let body = Array(SampleLog(id: "\(client)-\(number)").json.utf8)
                    let response = try connection.request("POST", "/send-logs", headers: tenant.headers, body: body)
                    guard response.status == 201 else { throw TestFailure("\(response.status): \(response.text)") }
                }
            }
            let delivered = try Hooks.receiver.waitForRequests(path, 10_000, atMost: 300).ids()
            var (recorded, next): ([JSON], JSON) = ([], .null)
            try healthy.awaitState { $0["behind"] == 0 }
            repeat {
                let before = next.string.map { "&before=\($0)" } ?? ""
                let page = try tenant.get("/webhooks/\(healthy.id)/deliveries?limit=1000\(before)").data()
                recorded += page["deliveries"].elements
                next = page["next"]
            } while next != .null
            #expect(recorded.count == 10_000 && delivered.count == 10_000)
            #expect(delivered == recorded.reversed().compactMap { $0["send_id"].string })
            #expect(recorded.allSatisfy { $0["state"] == "delivered" })
            let state = try dead.get()
            #expect((state["failures"].integer ?? 0) >= 3 && (state["behind"].integer ?? 0) > 1000, "\(state)")
            let failed = try dead.deliveries()[0]
            #expect(failed["state"] == "waiting" && failed["nextTryAt"].string != nil)
            #expect(failed["attempts"][0]["problem"].string?.contains("Connection refused") == true)
            let grown = try ServerMemory(of: server).peak - before
            #expect(grown < 60, "10,000 sends cost \(grown) MB")
            // Imported sends are delivered as well.
            try tenant.record((0..<100).map { SampleLog(id: "import-\($0)") })
            let all = try Hooks.receiver.waitForRequests(path, 10_100).ids()
            #expect(all.suffix(100) == (0..<100).map { "import-\($0)" })
        }
    }
}
