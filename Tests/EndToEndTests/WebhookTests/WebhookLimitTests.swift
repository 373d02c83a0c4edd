import Foundation
import Testing

/// The number of concurrent tests and redeliveries is limited, as they hold memory and connections until the receiver
/// responds.
@Suite(.blocking) struct WebhookLimitTests {
    @Test func `an organisation's tests beyond 16 at once are refused, and another organisation's are not`() throws {
        let server = try Hooks.shortTimeoutServer
        let (busy, calm) = (try Hooks.tenant(on: server), try Hooks.tenant(on: server))
        let hook = try Hook(busy, Hooks.receiver.url(Hooks.path("hang")))
        let other = try Hook(calm, Hooks.receiver.url(Hooks.path("ok")))
        let responses = try inParallel(24) { _ in try busy.post("/webhooks/\(hook.id)/test", "{}") }
        #expect(try other.test()["state"] == "delivered")
        let refused = responses.filter { $0.status == 429 }
        // On a slow machine some may have ended before others began.
        #expect(refused.count >= 1 && refused.count <= 8, "\(responses.map(\.status))")
        for response in refused {
            try expectFailure(response, 429, "rate_limited")
            #expect(response["retry-after"] == "1")
            #expect(try response.json()["error"]["resetsAt"] == .null)
        }
        #expect(responses.allSatisfy { [200, 429].contains($0.status) })
        #expect(try hook.test()["state"] == "failed")
    }
}
