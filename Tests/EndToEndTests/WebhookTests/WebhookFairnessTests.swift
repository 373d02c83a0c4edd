import Foundation
import Testing

/// One organisation's receivers delay no other organisation's deliveries.
@Suite(.blocking) struct WebhookFairnessTests {
    @Test(.timeLimit(.minutes(10)))
    func `100 hanging webhooks of one organisation do not delay another's deliveries`() throws {
        let server = try Server(arguments: ["--webhooks-allow", "127.0.0.1", "--webhooks-workers", "32"])
        let (busy, calm) = (try Hooks.tenant(on: server), try Hooks.tenant(on: server))
        let receiver = try Receiver()
        let (hanging, path) = (Hooks.path("hang"), Hooks.path("ok"))
        for _ in 0..<100 { _ = try Hook(busy, receiver.url(hanging)) }
        _ = try Hook(calm, receiver.url(path))
        try busy.record(SampleLog(id: "send-0"))
        // All the workers that one organisation may have.
        _ = try receiver.waitForRequests(hanging, 16)
        for number in 0..<5 {
            let before = try receiver.requests(hanging).count
            try calm.record(SampleLog(id: "send-\(number)"))
            _ = try receiver.waitForRequests(path, number + 1)
            // Each attempt hangs for ten seconds. If this send had waited for a worker, all 32 would have started again.
            let started = try receiver.requests(hanging).count - before
            #expect(started <= 16, "\(started) attempts of the other organisation came first")
        }
        #expect(try receiver.requests(path).ids() == (0..<5).map { "send-\($0)" })
    }
}
