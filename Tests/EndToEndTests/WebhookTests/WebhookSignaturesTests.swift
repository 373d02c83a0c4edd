import Foundation
import Testing

/// Another implementation of Standard Webhooks accepts the signed requests, and rejects all others.
@Suite struct WebhookSignaturesTests {
    @Test func `receivers with the old or the new secret verify requests during a rotation`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("ok")
        let initial = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let body = #"{"text": {{send.message}}}"#
        let hook = try Hook(tenant, Hooks.receiver.url(path), body: body, more: #","secret":"\#(initial)""#)
        func deliver(_ count: Int) throws -> ReceivedRequest {
            try tenant.record(SampleLog(id: "send-\(count)", message: "é😀 \"{{x}}\" \(count)"))
            return try Hooks.receiver.waitForRequests(path, count)[count - 1]
        }
        let first = try deliver(1)
        let second = try #require(try hook.put(#"{"rotateSecret":true}"#)["secret"].string)
        let between = try deliver(2)
        let third = try #require(try hook.put(#"{"rotateSecret":true}"#)["secret"].string)
        let last = try deliver(3)
        _ = try hook.put(#"{"rotateSecret":true}"#)
        let beyond = try deliver(4)
        var forged = last
        forged.body = Data(#"{"text": "another"}"#.utf8)
        let wrong = "No matching signature found"
        let cases = [
            (initial, first, "good"), (second, first, wrong), (initial, between, "good"), (second, between, "good"),
            (third, between, wrong), (initial, last, "good"), (second, last, "good"), (third, last, "good"),
            // All of them are valid for a day.
            (initial, beyond, "good"), (second, beyond, "good"), (third, beyond, "good"), (third, forged, wrong),
        ]
        #expect(try Verifier.verify(cases.map { ($0.0, $0.1) }) == cases.map(\.2))
        #expect(first["webhook-signature"]?.split(separator: " ").count == 1)
        #expect(last["webhook-signature"]?.split(separator: " ").count == 3)
    }

    @Test(arguments: [#","method":"GET","encodeIntoUrl":true"#, #","encodeIntoUrl":true"#, ""])
    func `the signature covers the body as it is sent, with every method`(more: String) throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("ok")
        let hook = try Hook(tenant, Hooks.receiver.url(path), more: more)
        let tested = try hook.test()
        #expect(tested["state"] == "delivered")
        let request = try Hooks.receiver.waitForRequests(path, 1)[0]
        let other = "whsec_\(Data((0..<32).map { UInt8($0) }).base64EncodedString())"
        let verified = try Verifier.verify([(hook.secret, request), (other, request)])
        #expect(verified == ["good", "No matching signature found"])
    }

    @Test func `the attempts of a delivery have the same key and id, and different timestamps`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("each/6/500")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send-1"))
        try tenant.record(SampleLog(id: "send-2"))
        _ = try hook.waitForDeliveries { $0.count == 2 && $0.allSatisfy { $0["state"] == "delivered" } }
        let requests = try Hooks.receiver.requests(path)
        #expect(requests.count == 14)
        for id in ["send-1", "send-2"] {
            let attempts = try requests.filter { try $0.json()["id"].string == id }
            #expect(attempts.count == 7)
            #expect(Set(attempts.map { $0["webhook-id"] }).count == 1)
            for attempt in attempts {
                #expect(attempt["webhook-id"]?.isEmpty == false)
                #expect(attempt["idempotency-key"] == attempt["webhook-id"])
                let stamp = attempt["webhook-timestamp"].flatMap { Double($0) } ?? 0
                #expect(abs((attempt.at ?? 0) - stamp) < 60)
            }
            // Seven attempts take more than a second.
            #expect(Set(attempts.map { $0["webhook-timestamp"] }).count > 1)
        }
        #expect(Set(requests.map { $0["webhook-id"] }).count == 2)
        let verified = try Verifier.verify(requests.map { (hook.secret, $0) })
        #expect(verified == requests.map { _ in "good" })
    }
}
