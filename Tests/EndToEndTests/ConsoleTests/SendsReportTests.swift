import Foundation
import Testing

/// The Sends Report in a browser.
@Suite struct SendsReportTests {
    private func user(
        hasJavaScript: Bool = true,
        timeZone: String = "Africa/Johannesburg"
    ) throws -> (ConsoleUser, Tenant) {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        try tenant.recordSampleSends()
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript, timeZone: timeZone)
        try user.signIn(tenant.key)
        return (user, tenant)
    }

    @Test func `sends are shown newest first, with campaign names, marked fields and local times`() throws {
        let (user, tenant) = try user()
        #expect(try user.page.title == "Sends Report · sendlog")
        #expect(try user.page.text(of: "#result") == "130 sends to 384 destinations")
        let ids = try user.texts("table.sends td.id code")
        #expect(try ids == tenant.ids(#"{"options":{"limit":50}}"#))
        #expect(try user.texts("table.sends td.when").first == "2022-05-18 12:09:00")
        #expect(
            try user.texts("table.sends tr:nth-child(1) .message mark") == [
                "{{contact.firstname}}", "{{ branch.name }}",
            ]
        )
        #expect(try user.texts("table.sends td.campaign .name").prefix(3) == ["Spring sale", "unnamed", "unnamed"])
        #expect(try user.page.text.contains("Dates are in Africa/Johannesburg (UTC+02:00)."))
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `sends are filtered by campaigns and dates, with and without JavaScript`(hasJavaScript: Bool) throws {
        let (user, tenant) = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        if !hasJavaScript {
            // Without JavaScript, the server does not know the time zone, and the user selects it.
            try page.clickAndLoad(".user a[href*=time-zone]")
            try page.select("Africa/Johannesburg", in: "select[name=zone]")
            try page.clickAndLoad(.named("Use this zone", role: "button"))
            try user.open("/console/sends")
        }
        try page.type("spring", into: "#campaign")
        try page.clickAndLoad(.named("Filter", role: "button"))
        #expect(try page.text(of: "#result") == "44 sends to 129 destinations")
        try page.type("summer", into: "#campaign")
        try page.set("2022-02-01T12:00", in: "#from")
        try page.set("2022-02-28T12:00", in: "#to")
        try page.clickAndLoad(.named("Filter", role: "button"))
        // Noon in Johannesburg is 10:00 UTC. The range includes the whole last minute.
        let search =
            #"{"find":{"campaign_id":["spring","summer"],"startDeliveryAt":{"$gte":"2022-02-01T10:00:00Z","$lte":"2022-02-28T10:00:59.999Z"}}}"#
        let ids = try tenant.ids(search)
        #expect(ids.count > 10)
        #expect(try user.texts("table.sends td.id code") == ids)
        #expect(try page.value(of: "#from") == "2022-02-01T12:00")
        #expect(try page.value(of: "#to") == "2022-02-28T12:00")
        try page.clickAndLoad(".chip")
        #expect(try page.count(of: ".chip") == 1)
        try page.clickAndLoad(.named("Show all sends", role: "link"))
        #expect(try page.text(of: "#result") == "130 sends to 384 destinations")
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `a user can go to any page, and pages do not change while more is recorded`(hasJavaScript: Bool) throws {
        let (user, tenant) = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        try tenant.record(SampleLog(id: "meanwhile", start: "2022-12-31T00:00:00.000Z"))
        try page.type("3", into: "input[name=page]")
        try page.clickAndLoad(.named("Go", role: "button"))
        let all = try tenant.ids(#"{"options":{"limit":1000,"as_of":130}}"#)
        #expect(try user.texts("table.sends td.id code") == Array(all[100...]))
        #expect(try page.text(of: "#result") == "130 sends to 384 destinations")
        try page.clickAndLoad(.named("‹ Previous", role: "link"))
        #expect(try user.texts("table.sends td.id code") == Array(all[50..<100]))
        try page.clickAndLoad(.named("Last »", role: "link"))
        #expect(try user.texts("table.sends td.id code") == Array(all[100...]))
        try page.clickAndLoad(.named("« First", role: "link"))
        #expect(try user.texts("table.sends td.id code") == Array(all[..<50]))
        try user.open("/console/sends?page=9")
        #expect(try page.text.contains("This page number is too high."))
        try user.expectNoErrors()
    }

    @Test func `ids and the command are copied with one click`() throws {
        let (user, tenant) = try user()
        let page = user.page
        let send = try #require(try user.texts("table.sends td.id code").first)
        #expect(try page.copied { try page.click(.named("Copy send ID \(send)", role: "button")) } == send)
        try page.wait(for: "the status message") { try page.text(of: "#status") == "Copied \(send)" }
        let campaign = try #require(try user.texts("table.sends td.campaign code").first)
        #expect(try page.copied { try page.click("table.sends tbody tr:first-child .campaign button") } == campaign)
        try page.click("details.curl summary")
        let command = try page.copied { try page.click("#curl + button") }
        #expect(command.hasPrefix("curl -s 'http://127.0.0.1:\(tenant.server.port)/send-logs/search'"))
        // The command returns what the page shows.
        let run = try Command("/bin/sh", ["-c", command], environment: ["SENDLOG_KEY": tenant.key]).succeeded()
        #expect(run.output.contains("\"total\":130"))
        #expect(run.output.contains("\"_id\":\"\(send)\""))
        try user.expectNoErrors()
    }

    @Test func `a bar of the chart filters the sends`() throws {
        let (user, _) = try user()
        let page = user.page
        #expect(try page.count(of: "svg.chart a") == 21)
        try page.click("details.as-table summary")
        let counts = try user.texts("details.as-table td:nth-child(2)").compactMap { Int($0) }
        #expect(counts.reduce(0, +) == 130)
        try page.clickAndLoad("details.as-table tbody tr:first-child a")
        #expect(try page.text(of: "#result").hasPrefix("\(counts[0]) sends to "))
        #expect(try page.count(of: "svg.chart a") == 7)
        // Each bar is now a day of the user.
        try page.clickAndLoad("svg.chart a:nth-child(2)")
        #expect(try page.text(of: "#result").hasPrefix("1 send to "))
        #expect(try page.value(of: "#from").hasSuffix("T00:00"))
        #expect(try page.value(of: "#to").hasSuffix("T23:59"))
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `a download has the whole result, not only the page`(hasJavaScript: Bool) throws {
        let (user, tenant) = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        try user.open("/console/sends?campaign=summer&page=1&rows=50")
        let ids = try tenant.ids(#"{"find":{"campaign_id":["summer"]}}"#)
        let csv = try page.download { try page.click(.named("CSV", role: "link")) }
        #expect(csv.name == "send-logs.csv")
        let lines = String(decoding: csv.bytes, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines.dropFirst().dropLast().map { String($0.dropFirst().prefix { $0 != "\"" }) } == ids)
        let ndjson = try page.download { try page.click(.named("NDJSON", role: "link")) }
        let body = #"{"find":{"campaign_id":["summer"]}}"#
        #expect(try ndjson.bytes == tenant.post("/send-logs/export", body).body)
        try user.expectNoErrors()
    }

    @Test func `an invalid filter gets an error at the form, and no table`() throws {
        let (user, _) = try user()
        for (query, message) in [
            ("campaign=a.b", "No campaign has “a.b” in its ID or name."), ("from=soon", "“from” must be a date"),
            ("to=2022-02-30", "“to” must be a date"),
            ("from=2022-02-02&to=2022-02-01", "“from” must not be later than “to”"),
            ("page=0", "“page” must be a number from 1"),
            ("campain=a", "Did you mean “campaign”?"), ("rows=7", "“rows” must be 25 or 50"),
        ] {
            try user.open("/console/sends?\(query)")
            #expect(try user.texts("[role=alert]").joined().contains(message), "\(query)")
            #expect(try user.page.count(of: "table.sends") == 0)
        }
        #expect(user.page.consoleErrors.allSatisfy { $0.source == "network" })
    }

    @Test func `an empty report and a search without results say what to do next`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog")
        let user = try ConsoleUser(tenant.server)
        try user.signIn(tenant.key)
        #expect(try user.page.text.contains("No sends have been recorded yet."))
        let command = try user.page.text(of: "#first-send")
        let run = try Command("/bin/sh", ["-c", command], environment: ["SENDLOG_KEY": tenant.key]).succeeded()
        #expect(run.output.contains("\"ok\":true"))
        try user.page.clickAndLoad(.named("Reload", role: "link"))
        #expect(try user.page.text(of: "#result").hasPrefix("1 send to "))
        try user.open("/console/sends?campaign=unheard-of")
        #expect(try user.page.text.contains("No sends match these filters."))
        try user.expectNoErrors()
    }
}
