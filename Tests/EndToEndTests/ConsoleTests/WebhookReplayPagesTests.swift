import Foundation
import TestSupport
import Testing

/// Redelivering failed deliveries, and replaying sends, in a browser.
@Suite struct WebhookReplayPagesTests {
    @Test(arguments: [true, false])
    func `a user redelivers the failed deliveries, and replays sends`(hasJavaScript: Bool) throws {
        let (tenant, receiver) = (try WebhookPages.tenant(), try StubReceiver())
        try receiver.respond(404, "not here")
        let path = try WebhookPages.webhook(tenant, receiver.url)
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript, timeZone: "Asia/Kathmandu")
        let page = user.page
        try user.signIn(tenant.key)
        try tenant.record((1...3).map { SampleLog(id: "send-\($0)") })
        try page.wait(for: "the failures", atMost: 180) {
            try user.open(path)
            return try page.text(of: ".fields").contains("3 deliveries failed")
        }
        try user.open("/console/webhooks")
        #expect(try page.text(of: "table.webhooks").contains("3 deliveries failed"))
        try user.open(path)
        try page.clickAndLoad(.named("3 deliveries failed", role: "link"))
        #expect(try user.texts("table.deliveries tbody th").count == 3)
        try receiver.respond(200, "thanks")
        try page.click(.named("Redeliver failed deliveries", role: "DisclosureTriangle"))
        try user.saveScreenshot("webhook-redeliver")
        try page.clickAndLoad(.named("Redeliver failed deliveries", role: "button"))
        #expect(try page.text(of: "p[role=status]") == "3 deliveries queued.")
        try page.wait(for: "the redeliveries", atMost: 180) {
            try user.open(path)
            return try user.texts("table.deliveries td:nth-child(2)") == ["delivered", "delivered", "delivered"]
        }
        #expect(try !page.text(of: ".fields").contains("failed"))
        try user.expectNoErrors()
        // An invalid form is refused, and keeps what was entered.
        try page.click(.named("Replay sends", role: "DisclosureTriangle"))
        try page.clickAndLoad(.named("Replay these sends", role: "button"))
        #expect(try page.text(of: "p.problem").contains("is required, unless after has a sequence number"))
        try page.type("one", into: .named("Or after sequence number", role: "textbox"))
        try page.clickAndLoad(.named("Replay these sends", role: "button"))
        #expect(try page.text(of: "p.problem").contains("must be a sequence number, not “one”"))
        #expect(try page.value(of: "input[name=after]") == "one")
        try page.set("1", in: "input[name=after]")
        try user.saveScreenshot("webhook-replay")
        try page.clickAndLoad(.named("Replay these sends", role: "button"))
        #expect(try page.text(of: "p[role=status]") == "2 deliveries queued.")
        try page.wait(for: "the replay", atMost: 180) { try receiver.requests().count == 8 }
    }

    @Test func `a refused replay is explained in the words of the form`() throws {
        let tenant = try WebhookPages.tenant()
        let path = try WebhookPages.webhook(tenant, "https://receiver.example")
        let client = try ConsoleClient(tenant)
        let reversed = try client.post("\(path)/replay", ["from": "2022-01-02", "to": "2022-01-01"], from: path)
        #expect(reversed.text.contains("“Recorded from” must not be later than “Recorded to”."))
        // A number as the page shows it, with a narrow no-break space.
        let grouped = try client.post("\(path)/replay", ["after": "1\u{202f}000"], from: path)
        #expect(grouped.status == 303, "\(grouped.text)")
    }

    @Test func `a running replay is shown until it is cancelled, and a paused webhook refuses another one`() throws {
        let (tenant, receiver) = (try WebhookPages.tenant(), try StubReceiver())
        try receiver.respond(503, "down")
        let path = try WebhookPages.webhook(tenant, receiver.url)
        let client = try ConsoleClient(tenant)
        try tenant.record((1...3).map { SampleLog(id: "send-\($0)") })
        // After three failures the webhook is held for a while.
        let hasFailed = try Deadline.poll(for: 180) {
            try (WebhookPages.webhooks(tenant)[0]["failures"].integer ?? 0) >= 3
        }
        #expect(hasFailed)
        try receiver.respond(410, "gone")
        let queued = try client.post("\(path)/replay", ["after": "0"], from: path)
        #expect(queued.status == 303)
        let isPaused = try Deadline.poll(for: 180) { try WebhookPages.webhooks(tenant)[0]["paused"] != .null }
        #expect(isPaused)
        let page = try client.get(path).text
        #expect(page.contains("once the webhook is resumed") && !page.contains("Replay these sends"))
        let refused = try client.post("\(path)/redeliver", [:], from: path)
        #expect(refused.text.contains("Nothing was queued: the webhook is paused; resume it first."))
        if try WebhookPages.webhooks(tenant)[0]["replays"] != [] {
            #expect(try client.get(path).text.contains("all sends, sequence numbers 1 to 3"))
        }
        #expect(try client.post("\(path)/replays/cancel", [:], from: path).status == 303)
        #expect(try WebhookPages.webhooks(tenant)[0]["replays"] == [])
        #expect(try !client.get(path).text.contains("all sends, sequence numbers"))
    }
}
