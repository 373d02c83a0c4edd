import Foundation
import Testing

/// Finding the sends to a recipient in a browser.
@Suite struct RecipientPagesTests {
    @Test(arguments: [true, false])
    func `a user finds the sends to a number with the other filters, and no URL has the number`(
        hasJavaScript: Bool
    ) throws {
        let tenant = try RecipientPages.tenant()
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript)
        let page = user.page
        try user.signIn(tenant.key)
        let ids = try RecipientPages.ids(tenant)
        #expect(ids.count == 60)
        try page.type(RecipientPages.number, into: "#recipient")
        try page.clickAndLoad(.named("Filter", role: "button"))
        #expect(try page.url.contains("/console/sends?recipient="))
        #expect(try page.text(of: "#result") == "60 sends to 160 destinations")
        #expect(try user.texts("table.sends td.id code") == Array(ids.prefix(50)))
        #expect(try page.value(of: "#recipient") == RecipientPages.number)
        #expect(try page.text(of: ".searched").hasPrefix("27825550101, 0825550101, "))
        #expect(try page.text.contains("Sends marked as doubtful may be to another person"))
        let doubtful = try user.texts("table.sends tr:has(.when .faint) td.id code")
        #expect(doubtful == ids.prefix(50).filter { (Int($0.dropFirst(5)) ?? 0) % 4 == 2 })
        let shared = try page.url
        // The chart counts these sends alone.
        try page.click("details.as-table summary")
        let counts = try user.texts("details.as-table td:nth-child(2)").compactMap { Int($0) }
        #expect(counts.reduce(0, +) == 60)
        try page.clickAndLoad(.named("Next ›", role: "link"))
        #expect(try user.texts("table.sends td.id code") == Array(ids.dropFirst(50)))
        #expect(try page.value(of: "#recipient") == RecipientPages.number)
        try page.type("spring", into: "#campaign")
        try page.clickAndLoad(.named("Filter", role: "button"))
        #expect(try user.texts("table.sends td.id code") == RecipientPages.ids(tenant, campaign: "spring"))
        let csv = try page.download { try page.click(.named("CSV", role: "link")) }
        let lines = String(decoding: csv.bytes, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines.count == 2 + (try RecipientPages.ids(tenant, campaign: "spring")).count)
        try user.saveScreenshot("sends-recipient\(hasJavaScript ? "" : "-plain")", fullPage: false)
        try page.clickAndLoad(".chip + .chip")
        #expect(try page.value(of: "#recipient") == "" && page.count(of: ".chip") == 1)
        try user.expectNoErrors()
        // The link works for a colleague, in another session.
        let colleague = try ConsoleUser(tenant.server)
        try colleague.signIn(tenant.server.key(of: tenant.name, permissions: ["sendLog.read"]))
        try colleague.page.go(to: shared)
        #expect(try colleague.page.text(of: "#result") == "60 sends to 160 destinations")
        try user.expectNoNumber()
        try colleague.expectNoNumber()
    }

    @Test(arguments: [true, false])
    func `the page of a recipient has the counts, the sends and the files`(hasJavaScript: Bool) throws {
        let tenant = try RecipientPages.tenant()
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript)
        let page = user.page
        try user.signIn(tenant.key)
        if !hasJavaScript {
            try page.clickAndLoad(".user a[href*=time-zone]")
            try page.select("Africa/Johannesburg", in: "select[name=zone]")
            try page.clickAndLoad(.named("Use this zone", role: "button"))
        }
        try page.type(RecipientPages.number, into: "#recipient")
        try page.clickAndLoad(.named("Filter", role: "button"))
        try page.clickAndLoad(.named("All about this recipient", role: "link"))
        #expect(try page.title == "Recipient · sendlog")
        #expect(try page.text(of: "h1 .recipient") == RecipientPages.number)
        #expect(try page.text(of: "#total") == "60")
        // 23:30 in UTC is the next day in Johannesburg, and so for one send the next month.
        #expect(try page.text(of: ".fields").contains("First send\n2022-01-02 01:30:00"))
        let campaigns = try user.texts("table.counts:has(a) tr")
        #expect(campaigns.contains { $0.contains("Spring <sale>") && $0.hasSuffix("20") }, "\(campaigns)")
        #expect(campaigns.contains { $0.contains("summer") && $0.hasSuffix("40") }, "\(campaigns)")
        let months = try user.texts("table.counts:not(:has(a)) tbody td").compactMap { Int($0) }
        #expect(months.reduce(0, +) == 60)
        let ids = try RecipientPages.ids(tenant)
        #expect(try user.texts("table.sends td.id code") == Array(ids.prefix(50)))
        let csv = try page.download { try page.click(.named("CSV", role: "link")) }
        let ndjson = try page.download { try page.click(.named("NDJSON", role: "link")) }
        for file in [csv, ndjson] {
            let text = String(decoding: file.bytes, as: UTF8.self)
            #expect(!text.contains(RecipientPages.other) && !text.contains("5550101"))
        }
        #expect(ndjson.bytes.split(separator: 10).count == 40, "without the doubtful sends")
        // Pages do not change while more is recorded.
        try tenant.record(SampleLog(id: "new", start: "2023-01-01T00:00:00.000Z", destinations: ["27825550101"]))
        try page.clickAndLoad(.named("Next ›", role: "link"))
        #expect(try user.texts("table.sends td.id code") == Array(ids.dropFirst(50)))
        #expect(try page.text(of: "#total") == "60")
        try page.clickAndLoad("table.sends td.when a")
        #expect(try page.title.hasPrefix("Send send-"))
        // The page of the send shows at once where in its list the recipient is.
        #expect(try page.value(of: "#destination") == RecipientPages.number)
        let found = try user.texts("td.destination")
        #expect(!found.isEmpty && !found.contains(RecipientPages.other))
        try page.clickAndLoad(.named("‹ Recipient", role: "link"))
        #expect(try page.text(of: "h1 .recipient") == RecipientPages.number)
        try user.expectNoErrors()
        try user.expectNoNumber()
    }

    @Test func `the print view has everything about the person, and no other person's number`() throws {
        let tenant = try RecipientPages.tenant()
        let user = try ConsoleUser(tenant.server)
        let page = user.page
        try user.signIn(tenant.key)
        try page.type(RecipientPages.number, into: "#recipient")
        try page.clickAndLoad(.named("Filter", role: "button"))
        try page.clickAndLoad(.named("All about this recipient", role: "link"))
        try page.clickAndLoad(.named("Print view", role: "link"))
        #expect(try page.title == "Messages sent to a recipient · sendlog")
        #expect(try page.text(of: "h1").contains(RecipientPages.number))
        #expect(try page.text(of: ".fields").contains(tenant.name))
        #expect(try page.count(of: ".printed dt") == 40, "without the doubtful sends")
        #expect(try page.text(of: ".printed dt") == "2022-01-02 01:30:00")
        #expect(try page.text(of: ".printed-message") == "Hi {{contact.firstname}}, <b>0</b>")
        #expect(try page.text(of: ".printed").contains("Reason: manual, send send-0, campaign Spring <sale> spring"))
        #expect(try page.text(of: "#left-out").hasPrefix("20 more sends may be to another person"))
        #expect(try !page.html.contains(RecipientPages.other))
        #expect(try page.exists("[data-print] button") && page.text(of: "[data-print]") == "Print")
        try page.call("Emulation.setEmulatedMedia", ["media": "print"])
        for hidden in ["header.top", ".unprinted", "[data-print]"] {
            #expect(try page.style("display", of: .selector(hidden)) == "none", "\(hidden)")
        }
        #expect(try page.isVisible("h1") && page.isVisible(".printed dt"))
        #expect(try page.overflow <= 0)
        try user.saveScreenshot("recipient-printed")
        try user.expectNoErrors()
        try user.expectNoNumber()
    }

    @Test func `the keyboard alone finds a number`() throws {
        let tenant = try RecipientPages.tenant(permissions: ["sendLog.read"])
        let user = try ConsoleUser(tenant.server)
        let page = user.page
        try user.signIn(tenant.key)
        try page.call("function() { this.focus() }", on: "#campaign")
        try page.press(.tab)
        #expect(try page.focused == "textbox \"Recipient\"")
        for character in "0825550101" { try page.press(.character(character)) }
        try page.loading { try page.press(.enter) }
        #expect(try page.text(of: "#result") == "60 sends to 160 destinations")
        try user.expectNoErrors()
    }
}
