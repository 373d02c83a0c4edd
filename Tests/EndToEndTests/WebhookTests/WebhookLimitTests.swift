import Foundation
import Testing

/// Tests and redeliveries hold memory and connections for as long as receivers take: there are only so many at the same time.
@Suite(.blocking) struct WebhookLimitTests {
    @Test
    func `more than 16 tests of an organisation at the same time are refused, and another organisation's are not`()
        throws
    {
        let server = try Hooks.shortTimeoutServer
        let (busy, calm) = (try Hooks.tenant(on: server), try Hooks.tenant(on: server))
        let hook = try Hook(busy, Hooks.receiver.url(Hooks.path("hang")))
        let other = try Hook(calm, Hooks.receiver.url(Hooks.path("ok")))
        let answers = try inParallel(24) { _ in try busy.post("/webhooks/\(hook.id)/test", "{}") }
        #expect(try other.test()["state"] == "delivered")
        let refused = answers.filter { $0.status == 429 }
        // On a slow machine some may have ended before others began.
        #expect(refused.count >= 1 && refused.count <= 8, "\(answers.map(\.status))")
        for answer in refused {
            try expectFailure(answer, 429, "rate_limited")
            #expect(answer["retry-after"] == "1")
            #expect(try answer.json()["error"]["resetsAt"] == .null)
        }
        #expect(answers.allSatisfy { [200, 429].contains($0.status) })
        #expect(try hook.test()["state"] == "failed")
    }
}
