import Foundation
import Testing

/// The webhook pages in a browser.
@Suite struct WebhookPagesTests {
    @Test(arguments: [true, false])
    func `a user previews, creates and tests a webhook, sees its secret once, and it delivers`(
        hasJavaScript: Bool
    ) throws {
        let (tenant, receiver) = (try WebhookPages.tenant(), try StubReceiver())
        try receiver.respond(200, "thanks <b>& more</b>")
        try tenant.record(SampleLog(id: "send-1", message: "Hi \"{{contact.firstname}}\""))
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript)
        let page = user.page
        try user.signIn(tenant.key)
        try page.clickAndLoad(.named("Webhooks", role: "link"))
        #expect(try page.text.contains("There are no webhooks yet."))
        try user.saveScreenshot("webhooks-empty")
        try page.clickAndLoad(.named("New webhook", role: "link"))
        #expect(try page.text(of: "#preview-body").contains(#""message": "Hi \"{{contact.firstname}}\"""#))
        try page.type("orders <b>", into: .named("Name", role: "textbox"))
        try page.type("\(receiver.url)?c={{ campaign._id }}", into: .named("URL", role: "textbox"))
        let template = #"{"id": "{{send._id}}", "to": {{send.destinations}}, "why": "{{send.triggeredBy}}"}"#
        try page.set(template, in: "#body")
        try page.set("Authorization: Bearer {{organisation._id}}", in: "#headers")
        if hasJavaScript {
            try page.wait(for: "the preview to update") {
                try page.text(of: "#preview-head").contains(/Authorization: Bearer [0-9]+/)
            }
        } else {
            try page.clickAndLoad(.named("Preview", role: "button"))
            // The form still has the input.
            #expect(try page.value(of: "#name") == "orders <b>")
            #expect(try page.value(of: "#body") == template)
        }
        let sent = #"{"id": "send-1", "to": 2, "why": "manual"}"#
        try page.wait(for: "the body to be previewed") { try page.text(of: "#preview-body") == sent }
        #expect(try page.text(of: "#preview-head").hasPrefix("POST \(receiver.url)?c=spring\n"))
        #expect(try WebhookPages.webhooks(tenant).isEmpty)
        try user.saveScreenshot("webhook-new-filled")
        try page.clickAndLoad(.named("Create webhook", role: "button"))
        let secret = try page.text(of: "#created-secret")
        #expect(secret.hasPrefix("whsec_"))
        if hasJavaScript {
            #expect(try page.copied { try page.click(.named("Copy the secret", role: "button")) } == secret)
        }
        #expect(try page.text(of: "h1") == "orders <b>")
        try user.saveScreenshot("webhook-made")
        // The secret is shown only once.
        let id = try #require(try WebhookPages.webhooks(tenant).first?["_id"].string)
        try user.open("/console/webhooks/\(id)")
        #expect(try !page.html.contains(secret))
        try page.click(.named("Send a test", role: "DisclosureTriangle"))
        try page.clickAndLoad(.named("Send the test", role: "button"))
        let result = try page.text(of: "section[aria-labelledby=attempted-title]")
        #expect(result.contains("Test of send-1: delivered"))
        #expect(result.contains("HTTP 200") && result.contains("thanks <b>& more</b>"))
        try user.saveScreenshot("webhook-tested")
        // The receiver gets what the preview showed.
        let received = try receiver.requests()
        #expect(received.map(\.body) == [sent])
        #expect(received.map(\.target) == ["/hook?c=spring"])
        try tenant.record(SampleLog(id: "send-2"))
        try page.wait(for: "the delivery of the next send", atMost: 180) {
            try user.open("/console/webhooks/\(id)")
            return try user.texts("table.deliveries tbody th").first == "send-2"
        }
        #expect(try user.texts("table.deliveries tbody th") == ["send-2", "send-1 test"])
        try page.clickAndLoad(.named("‹ Webhooks", role: "link"))
        let row = try user.texts("table.webhooks tbody th, table.webhooks tbody td")
        #expect(row[0] == "orders <b>" && row[2] == "all" && row[3] == "active")
        #expect(row[1] == "POST \(receiver.url)?c={{ campaign._id }}")
        #expect(row[4].hasPrefix("HTTP 200"))
        try user.expectNoErrors()
    }

    @Test func `an issue is reported at its field, and the input is kept`() throws {
        let tenant = try WebhookPages.tenant()
        let user = try ConsoleUser(tenant.server)
        let page = user.page
        try user.signIn(tenant.key)
        try user.open("/console/webhooks/new")
        let entered = [
            ("#name", "orders"), ("#url", "ftp://example.com"), ("#body", "\n{\"a\": {{send.id}}}"),
            ("#headers", "X-Fine: 1\nHost: elsewhere"), ("#campaigns", "spring\nno id!"),
        ]
        for (field, text) in entered { try page.set(text, in: .selector(field)) }
        try page.click("input[name=active]")
        try page.wait(for: "the issues in the preview") {
            try page.text(of: ".preview").contains("did you mean {{send._id}}?")
        }
        try page.clickAndLoad(.named("Create webhook", role: "button"))
        for (field, text) in entered { #expect(try page.value(of: .selector(field)) == text) }
        #expect(try !page.isChecked("input[name=active]"))
        for (field, message) in [
            ("url", "The URL must begin with https:// or http://."),
            ("body", "The body has the unknown field {{send.id}}; did you mean {{send._id}}?"),
            ("headers", "The header “Host” is a header that sendlog sets itself; remove it."),
            ("campaigns", "No campaign has “no id!” in its ID or name."),
        ] {
            #expect(try page.text(of: "#\(field)-problem") == message)
            #expect(try page.attribute("aria-invalid", of: "#\(field)") == "true")
        }
        let fields = try page.accessibilityTree().filter { $0.role == "textbox" }
        #expect(fields.first { $0.name == "URL" }?.note.contains("must begin with https://") == true)
        #expect(try WebhookPages.webhooks(tenant).isEmpty)
        try user.saveScreenshot("webhook-errors")
        #expect(try user.page.overflow <= 0)
        // Issues of several fields together, and an unknown send.
        let client = try ConsoleClient(tenant)
        let token = try client.csrfToken(client.get("/console/webhooks/new"))
        for (fields, message) in [
            ([("method", "GET"), ("body", "{}")], "GET sends no body"),
            ([("encode", "true"), ("body", "[]")], "must be an object"), ([("body", "{\"a\":")], "is not valid JSON"),
            ([("do", "preview"), ("send", "none")], "The send ID does not match any send"),
            ([("do", "preview"), ("send", "??")], "The send ID must be 1 to 64"),
            ([("name", String(repeating: "a", count: 101))], "at most 100 characters"),
            ([("headers", "no colon")], "has no colon"),
        ] {
            // If a field is given twice, the last value counts.
            let all = [("form-token", token), ("url", "https://a.example"), ("method", "POST")] + fields
            let response = try client.post("/console/webhooks", all)
            #expect(response.status == 400, "\(message)")
            #expect(response.text.contains(message), "\(message)")
        }
        #expect(try WebhookPages.webhooks(tenant).isEmpty)
    }

    @Test(arguments: [true, false])
    func `a user deactivates, edits and deletes a webhook, and rotates its secret`(hasJavaScript: Bool) throws {
        let tenant = try WebhookPages.tenant()
        let path = try WebhookPages.webhook(tenant, "https://receiver.example/hook")
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript)
        let page = user.page
        try user.signIn(tenant.key)
        try user.open(path)
        #expect(try page.text(of: ".fields .state") == "active")
        try page.clickAndLoad(.named("Deactivate", role: "button"))
        #expect(try page.text(of: ".fields .state") == "inactive")
        #expect(try WebhookPages.webhooks(tenant).first?["active"] == false)
        try page.clickAndLoad(.named("Activate", role: "button"))
        #expect(try page.text(of: ".fields .state") == "active")
        #expect(try WebhookPages.webhooks(tenant).first?["active"] == true)
        try page.clickAndLoad(.named("Edit", role: "link"))
        try page.type("every order", into: "#name")
        try page.set("spring\nsummer", in: "#campaigns")
        try page.clickAndLoad(.named("Save", role: "button"))
        #expect(try page.text(of: "h1") == "every order")
        #expect(try WebhookPages.webhooks(tenant).first?["campaign_id"] == ["spring", "summer"])
        try page.clickAndLoad(.named("Edit", role: "link"))
        try page.set("", in: "#campaigns")
        try page.clickAndLoad(.named("Save", role: "button"))
        #expect(try WebhookPages.webhooks(tenant).first?["campaign_id"] == JSON.null)
        try page.click(.named("Rotate the secret", role: "DisclosureTriangle"))
        try page.clickAndLoad(.named("Create a new secret", role: "button"))
        let secret = try page.text(of: "#created-secret")
        #expect(secret.hasPrefix("whsec_"))
        #expect(try page.text.contains("Requests are also signed with the previous secret until"))
        try user.open(path)
        #expect(try !page.html.contains(secret))
        #expect(try page.text(of: ".fields").contains("valid until"))
        try page.click(.named("Delete", role: "DisclosureTriangle"))
        try page.clickAndLoad(.named("Delete the webhook permanently", role: "button"))
        #expect(try page.text.contains("There are no webhooks yet."))
        #expect(try WebhookPages.webhooks(tenant).isEmpty)
        try user.expectNoErrors()
        try user.open(path)
        #expect(try page.title == "Page not found · sendlog")
    }

    @Test func `deliveries are shown with their attempts, filtered, paged and redelivered`() throws {
        let (tenant, receiver) = (try WebhookPages.tenant(), try StubReceiver())
        try receiver.respond(503, "<h1>down</h1>")
        let path = try WebhookPages.webhook(tenant, receiver.url)
        let user = try ConsoleUser(tenant.server, timeZone: "Asia/Kathmandu")
        let page = user.page
        try user.signIn(tenant.key)
        try tenant.record(SampleLog(id: "send-1"))
        let row = "table.deliveries tbody tr:first-child"
        try page.wait(for: "a first attempt", atMost: 180) {
            try user.open(path)
            // The page reads the webhook first, and then its deliveries.
            return try page.exists(row) && page.text(of: ".fields .state") == "failing"
        }
        #expect(try user.texts("\(row) td:nth-child(2)") == ["waiting for retry"])
        try page.click(.selector("\(row) summary"))
        #expect(try page.text(of: .selector("\(row) .attempts")).contains("HTTP 503"))
        #expect(try user.texts("\(row) .answer").first == "<h1>down</h1>")
        let utc = try #require(try page.attribute("datetime", of: .selector("\(row) time")))
        #expect(try user.texts("\(row) time").first != String(utc.prefix(19)).replacing("T", with: " "))
        try user.saveScreenshot("webhook-failing")
        try page.clickAndLoad(.named("failed", role: "link"))
        #expect(try page.text.contains("No deliveries in this state."))
        try page.clickAndLoad(.named("waiting for retry", role: "link"))
        try receiver.respond(200, "up again")
        try page.click(.selector("\(row) summary"))
        try page.clickAndLoad(.named("Redeliver send-1", role: "button"))
        let result = try page.text(of: "section[aria-labelledby=attempted-title]")
        #expect(result.contains("Delivery of send-1: delivered") && result.contains("up again"))
        #expect(try user.texts("\(row) td:nth-child(2)") == ["delivered"])
        // The row links to the page of the send.
        try page.clickAndLoad(.selector("\(row) th a"))
        #expect(try page.title == "Send send-1 · sendlog")
        try tenant.record((2...31).map { SampleLog(id: "send-\($0)") })
        try page.wait(for: "all deliveries", atMost: 180) {
            try user.open(path)
            return try user.texts("table.deliveries tbody th").first == "send-31"
        }
        #expect(try user.texts("table.deliveries tbody th") == (7...31).reversed().map { "send-\($0)" })
        try page.clickAndLoad(.named("Older ›", role: "link"))
        #expect(try user.texts("table.deliveries tbody th") == (1...6).reversed().map { "send-\($0)" })
        try page.clickAndLoad(.named("« Newest", role: "link"))
        #expect(try page.text(of: .selector("\(row) th")) == "send-31")
        try user.expectNoErrors()
        // On a phone, no page overflows.
        let phone = try ConsoleUser(tenant.server, width: 390, isPhone: true)
        try phone.signIn(tenant.key)
        for path in [path, "/console/webhooks", "\(path)/edit"] {
            try phone.open(path)
            try phone.expectNoErrors()
        }
    }

    @Test func `a 410 response pauses the webhook, and the pages show the pause until it is resumed`() throws {
        let (tenant, receiver) = (try WebhookPages.tenant(), try StubReceiver())
        try receiver.respond(410, "gone")
        let path = try WebhookPages.webhook(tenant, receiver.url)
        let user = try ConsoleUser(tenant.server)
        let page = user.page
        try user.signIn(tenant.key)
        try tenant.record(SampleLog(id: "send-1"))
        try page.wait(for: "the pause", atMost: 180) {
            try user.open("/console/webhooks")
            return try page.exists(".state.paused")
        }
        #expect(try page.text(of: "table.webhooks").contains("410 Gone"))
        try user.saveScreenshot("webhooks-paused")
        try user.open(path)
        #expect(try page.text(of: "p.problem").hasPrefix("Paused since"))
        try user.saveScreenshot("webhook-paused")
        try receiver.respond(200, "back")
        try page.clickAndLoad(.named("Resume", role: "button"))
        #expect(try page.text(of: ".fields .state") == "active")
        try user.expectNoErrors()
    }
}
