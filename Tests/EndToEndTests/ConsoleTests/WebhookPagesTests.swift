import Foundation
import Testing

/// Webhooks in a browser.
@Suite struct WebhookPagesTests {
    @Test(arguments: [true, false])
    func `a webhook is written before a preview, made, its secret shown once, tried and told`(
        hasJavaScript: Bool
    ) throws {
        let (tenant, receiver) = (try WebhookPages.tenant(), try AnsweringReceiver())
        try receiver.answer(200, "thanks <b>& more</b>")
        try tenant.record(SampleLog(id: "send-1", message: "Hi \"{{contact.firstname}}\""))
        let viewer = try Viewer(tenant.server, hasJavaScript: hasJavaScript)
        let page = viewer.page
        try viewer.signIn(tenant.key)
        try page.clickAndLoad(.named("Webhooks", role: "link"))
        #expect(try page.text.contains("There are no webhooks yet."))
        try viewer.picture("webhooks-empty")
        try page.clickAndLoad(.named("New webhook", role: "link"))
        #expect(try page.text(of: "#preview-body").contains(#""message": "Hi \"{{contact.firstname}}\"""#))
        try page.type("orders <b>", into: .named("Name", role: "textbox"))
        try page.type("\(receiver.url)?c={{ campaign._id }}", into: .named("URL", role: "textbox"))
        let template = #"{"id": "{{send._id}}", "to": {{send.destinations}}, "why": "{{send.triggeredBy}}"}"#
        try page.set(template, in: "#body")
        try page.set("Authorization: Bearer {{organisation._id}}", in: "#headers")
        if hasJavaScript {
            try page.wait(for: "the preview to follow") {
                try page.text(of: "#preview-head").contains(/Authorization: Bearer [0-9]+/)
            }
        } else {
            try page.clickAndLoad(.named("Preview", role: "button"))
            // Nothing of what was entered is lost.
            #expect(try page.value(of: "#name") == "orders <b>")
            #expect(try page.value(of: "#body") == template)
        }
        let sent = #"{"id": "send-1", "to": 2, "why": "manual"}"#
        try page.wait(for: "the body to be previewed") { try page.text(of: "#preview-body") == sent }
        #expect(try page.text(of: "#preview-head").hasPrefix("POST \(receiver.url)?c=spring\n"))
        #expect(try WebhookPages.webhooks(tenant).isEmpty)
        try viewer.picture("webhook-new-filled")
        try page.clickAndLoad(.named("Make the webhook", role: "button"))
        let secret = try page.text(of: "#made-secret")
        #expect(secret.hasPrefix("whsec_"))
        if hasJavaScript {
            #expect(try page.copied { try page.click(.named("Copy the secret", role: "button")) } == secret)
        }
        #expect(try page.text(of: "h1") == "orders <b>")
        try viewer.picture("webhook-made")
        // It is shown this once.
        let id = try #require(try WebhookPages.webhooks(tenant).first?["_id"].string)
        try viewer.open("/console/webhooks/\(id)")
        #expect(try !page.html.contains(secret))
        try page.click(.named("Send a test", role: "DisclosureTriangle"))
        try page.clickAndLoad(.named("Send the test", role: "button"))
        let result = try page.text(of: "section[aria-labelledby=attempted-title]")
        #expect(result.contains("The test of send-1: delivered"))
        #expect(result.contains("HTTP 200") && result.contains("thanks <b>& more</b>"))
        try viewer.picture("webhook-tested")
        // What came is what the preview showed.
        let came = try receiver.requests()
        #expect(came.map(\.body) == [sent])
        #expect(came.map(\.target) == ["/hook?c=spring"])
        try tenant.record(SampleLog(id: "send-2"))
        try page.wait(for: "the next send to be told", atMost: 180) {
            try viewer.open("/console/webhooks/\(id)")
            return try viewer.texts("table.deliveries tbody th").first == "send-2"
        }
        #expect(try viewer.texts("table.deliveries tbody th") == ["send-2", "send-1 test"])
        try page.clickAndLoad(.named("‹ Webhooks", role: "link"))
        let row = try viewer.texts("table.webhooks tbody th, table.webhooks tbody td")
        #expect(row[0] == "orders <b>" && row[2] == "all" && row[3] == "active")
        #expect(row[1] == "POST \(receiver.url)?c={{ campaign._id }}")
        #expect(row[4].hasPrefix("HTTP 200"))
        try viewer.expectCalm()
    }

    @Test func `what is wrong is told beside its field, and what was entered is kept`() throws {
        let tenant = try WebhookPages.tenant()
        let viewer = try Viewer(tenant.server)
        let page = viewer.page
        try viewer.signIn(tenant.key)
        try viewer.open("/console/webhooks/new")
        let entered = [
            ("#name", "orders"), ("#url", "ftp://example.com"), ("#body", "\n{\"a\": {{send.id}}}"),
            ("#headers", "X-Fine: 1\nHost: elsewhere"), ("#campaigns", "spring\nno id!"),
        ]
        for (field, text) in entered { try page.set(text, in: .selector(field)) }
        try page.click("input[name=active]")
        try page.wait(for: "the preview to tell") {
            try page.text(of: ".preview").contains("did you mean {{send._id}}?")
        }
        try page.clickAndLoad(.named("Make the webhook", role: "button"))
        for (field, text) in entered { #expect(try page.value(of: .selector(field)) == text) }
        #expect(try !page.isChecked("input[name=active]"))
        for (field, words) in [
            ("url", "The URL must begin with https:// or http://."),
            ("body", "The body has {{send.id}}, which is not known; did you mean {{send._id}}?"),
            ("headers", "The header “Host” is a header that sendlog sets itself."),
            ("campaigns", "The campaign id “id!” must be 1 to 64 characters of A-Z a-z 0-9 _ -."),
        ] {
            #expect(try page.text(of: "#\(field)-problem") == words)
            #expect(try page.attribute("aria-invalid", of: "#\(field)") == "true")
        }
        let fields = try page.accessibilityTree().filter { $0.role == "textbox" }
        #expect(fields.first { $0.name == "URL" }?.note.contains("must begin with https://") == true)
        #expect(try WebhookPages.webhooks(tenant).isEmpty)
        try viewer.picture("webhook-errors")
        #expect(try viewer.page.overflow <= 0)
        // What concerns several fields, and a send that is not there.
        let client = try ConsoleClient(tenant)
        let token = try client.formToken(client.get("/console/webhooks/new"))
        for (fields, words) in [
            ([("method", "GET"), ("body", "{}")], "GET sends no body"),
            ([("encode", "true"), ("body", "[]")], "must be an object"), ([("body", "{\"a\":")], "is not valid JSON"),
            ([("do", "preview"), ("send", "none")], "The send id is that of no send"),
            ([("do", "preview"), ("send", "??")], "The send id must be 1 to 64"),
            ([("name", String(repeating: "a", count: 101))], "at most 100 characters"),
            ([("headers", "no colon")], "has no colon"),
        ] {
            // Of fields that are there twice the last one counts.
            let all = [("form-token", token), ("url", "https://a.example"), ("method", "POST")] + fields
            let answer = try client.post("/console/webhooks", all)
            #expect(answer.status == 400, "\(words)")
            #expect(answer.text.contains(words), "\(words)")
        }
        #expect(try WebhookPages.webhooks(tenant).isEmpty)
    }

    @Test(arguments: [true, false])
    func `a webhook is deactivated, activated, changed, given another secret, and deleted`(hasJavaScript: Bool) throws {
        let tenant = try WebhookPages.tenant()
        let path = try WebhookPages.webhook(tenant, "https://receiver.example/hook")
        let viewer = try Viewer(tenant.server, hasJavaScript: hasJavaScript)
        let page = viewer.page
        try viewer.signIn(tenant.key)
        try viewer.open(path)
        #expect(try page.text(of: ".facts .state") == "active")
        try page.clickAndLoad(.named("Deactivate", role: "button"))
        #expect(try page.text(of: ".facts .state") == "inactive")
        #expect(try WebhookPages.webhooks(tenant).first?["active"] == false)
        try page.clickAndLoad(.named("Activate", role: "button"))
        #expect(try page.text(of: ".facts .state") == "active")
        #expect(try WebhookPages.webhooks(tenant).first?["active"] == true)
        try page.clickAndLoad(.named("Change", role: "link"))
        try page.type("every order", into: "#name")
        try page.set("spring\nsummer", in: "#campaigns")
        try page.clickAndLoad(.named("Save", role: "button"))
        #expect(try page.text(of: "h1") == "every order")
        #expect(try WebhookPages.webhooks(tenant).first?["campaign_id"] == ["spring", "summer"])
        try page.click(.named("Rotate the secret", role: "DisclosureTriangle"))
        try page.clickAndLoad(.named("Make a new secret", role: "button"))
        let secret = try page.text(of: "#made-secret")
        #expect(secret.hasPrefix("whsec_"))
        #expect(try page.text.contains("The former one signs beside it until"))
        try viewer.open(path)
        #expect(try !page.html.contains(secret))
        #expect(try page.text(of: ".facts").contains("signs until"))
        try page.click(.named("Delete", role: "DisclosureTriangle"))
        try page.clickAndLoad(.named("Delete the webhook for good", role: "button"))
        #expect(try page.text.contains("There are no webhooks yet."))
        #expect(try WebhookPages.webhooks(tenant).isEmpty)
        try viewer.expectCalm()
        try viewer.open(path)
        #expect(try page.title == "There is no such page · sendlog")
    }

    @Test func `deliveries are shown with their attempts, filtered, paged and made again`() throws {
        let (tenant, receiver) = (try WebhookPages.tenant(), try AnsweringReceiver())
        try receiver.answer(503, "<h1>down</h1>")
        let path = try WebhookPages.webhook(tenant, receiver.url)
        let viewer = try Viewer(tenant.server, timeZone: "Asia/Kathmandu")
        let page = viewer.page
        try viewer.signIn(tenant.key)
        try tenant.record(SampleLog(id: "send-1"))
        let row = "table.deliveries tbody tr:first-child"
        try page.wait(for: "a first attempt", atMost: 180) {
            try viewer.open(path)
            // The page reads the webhook first, and then its deliveries.
            return try page.exists(row) && page.text(of: ".facts .state") == "failing"
        }
        #expect(try viewer.texts("\(row) td:nth-child(2)") == ["to be tried again"])
        try page.click(.selector("\(row) summary"))
        #expect(try page.text(of: .selector("\(row) .attempts")).contains("HTTP 503"))
        #expect(try viewer.texts("\(row) .answer").first == "<h1>down</h1>")
        let utc = try #require(try page.attribute("datetime", of: .selector("\(row) time")))
        #expect(try viewer.texts("\(row) time").first != String(utc.prefix(19)).replacing("T", with: " "))
        try viewer.picture("webhook-failing")
        try page.clickAndLoad(.named("failed", role: "link"))
        #expect(try page.text.contains("No delivery is like that."))
        try page.clickAndLoad(.named("to be tried again", role: "link"))
        try receiver.answer(200, "up again")
        try page.click(.selector("\(row) summary"))
        try page.clickAndLoad(.named("Deliver again send-1", role: "button"))
        let result = try page.text(of: "section[aria-labelledby=attempted-title]")
        #expect(result.contains("The delivery of send-1: delivered") && result.contains("up again"))
        #expect(try viewer.texts("\(row) td:nth-child(2)") == ["delivered"])
        // Its send's page is a click away.
        try page.clickAndLoad(.selector("\(row) th a"))
        #expect(try page.title == "Send send-1 · sendlog")
        try tenant.record((2...31).map { SampleLog(id: "send-\($0)") })
        try page.wait(for: "all to be told", atMost: 180) {
            try viewer.open(path)
            return try viewer.texts("table.deliveries tbody th").first == "send-31"
        }
        #expect(try viewer.texts("table.deliveries tbody th") == (7...31).reversed().map { "send-\($0)" })
        try page.clickAndLoad(.named("Older ›", role: "link"))
        #expect(try viewer.texts("table.deliveries tbody th") == (1...6).reversed().map { "send-\($0)" })
        try page.clickAndLoad(.named("« Newest", role: "link"))
        #expect(try page.text(of: .selector("\(row) th")) == "send-31")
        try viewer.expectCalm()
        // The same on a phone, where nothing is too wide.
        let phone = try Viewer(tenant.server, width: 390, isPhone: true)
        try phone.signIn(tenant.key)
        for path in [path, "/console/webhooks", "\(path)/edit"] {
            try phone.open(path)
            try phone.expectCalm()
        }
    }

    @Test func `a receiver that wants no more pauses its webhook, which says so until it is resumed`() throws {
        let (tenant, receiver) = (try WebhookPages.tenant(), try AnsweringReceiver())
        try receiver.answer(410, "gone")
        let path = try WebhookPages.webhook(tenant, receiver.url)
        let viewer = try Viewer(tenant.server)
        let page = viewer.page
        try viewer.signIn(tenant.key)
        try tenant.record(SampleLog(id: "send-1"))
        try page.wait(for: "the pause", atMost: 180) {
            try viewer.open("/console/webhooks")
            return try page.exists(".state.paused")
        }
        #expect(try page.text(of: "table.webhooks").contains("410 Gone"))
        try viewer.picture("webhooks-paused")
        try viewer.open(path)
        #expect(try page.text(of: "p.problem").hasPrefix("Paused since"))
        try viewer.picture("webhook-paused")
        try receiver.answer(200, "back")
        try page.clickAndLoad(.named("Resume", role: "button"))
        #expect(try page.text(of: ".facts .state") == "active")
        try viewer.expectCalm()
    }
}
