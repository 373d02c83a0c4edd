import Foundation
import TestSupport
import Testing

/// The state of a webhook on its page, and when its deliveries are attempted again.
@Suite(.blocking) struct WebhookStatePagesTests {
    /// Returns the column *Next attempt* of the deliveries that wait for a retry.
    private static func nextAttempts(_ client: ConsoleClient, _ path: String) throws -> [String] {
        let page = try client.get("\(path)?state=waiting").text
        return page.matches(of: /data-label="Next attempt" class="when">([^<]*)</).map { String($0.output.1) }
    }

    private static func state(_ tenant: Tenant) throws -> String {
        try WebhookPages.webhooks(tenant).first?["state"].string ?? ""
    }

    @Test func `a failing webhook shows when it tries again, and a paused or inactive one shows what it waits for`()
        throws
    {
        let (tenant, receiver) = (try WebhookPages.tenant(), try StubReceiver())
        try receiver.respond(503, "busy")
        let path = try WebhookPages.webhook(tenant, receiver.url)
        let client = try ConsoleClient(tenant)
        // One of them is still waiting if a retry of the other one pauses the webhook.
        try tenant.record((1...2).map { SampleLog(id: "send-\($0)") })
        #expect(try Deadline.poll(for: 180) { try Self.nextAttempts(client, path).count == 2 })
        #expect(try Self.state(tenant) == "failing")
        let now = Date.now.ISO8601Format().replacing("T", with: " ").dropLast()
        for text in try Self.nextAttempts(client, path) {
            #expect(text == "soon" || text.count == now.count && text >= now, "\(text), but it is \(now)")
        }

        try receiver.respond(410, "gone")
        try tenant.record(SampleLog(id: "send-3"))
        #expect(try Deadline.poll(for: 180) { try Self.state(tenant) == "paused" })
        let paused = try Self.nextAttempts(client, path)
        #expect(!paused.isEmpty && Set(paused) == ["when resumed"])
        #expect(try client.get(path).text.contains("<span class=\"state paused\">paused</span>"))
        #expect(try client.get("/console/webhooks").text.contains("<span class=\"state paused\">paused</span>"))

        let active = try client.post("\(path)/active", ["active": "false"], from: path)
        #expect(active.status == 303)
        #expect(try Self.state(tenant) == "inactive")
        #expect(try Set(Self.nextAttempts(client, path)) == ["when activated"])
    }
}
