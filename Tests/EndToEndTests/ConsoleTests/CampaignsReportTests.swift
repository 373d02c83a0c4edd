import Testing

/// The Campaigns Report in a browser.
@Suite struct CampaignsReportTests {
    private func user(hasJavaScript: Bool = true) throws -> (ConsoleUser, Tenant) {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        try tenant.recordSampleSends()
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript)
        try user.signIn(tenant.key)
        try user.page.clickAndLoad(.named("Campaigns Report", role: "link"))
        return (user, tenant)
    }

    private func ids(_ user: ConsoleUser) throws -> [String] { try user.texts("table.campaigns td.campaign code") }

    @Test(arguments: [true, false])
    func `campaigns are sorted by each column, in both directions`(hasJavaScript: Bool) throws {
        let (user, tenant) = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        #expect(try page.text(of: "#result") == "3 campaigns: 130 sends to 384 destinations")
        for (column, sort) in [
            ("Sends", "-sends"), ("Sends", "sends"), ("Destinations", "-destinations"), ("First send", "-firstSendAt"),
            ("Campaign", "name"), ("Campaign", "-name"), ("Last send", "-lastSendAt"), ("Last send", "lastSendAt"),
        ] {
            let link = try #require(
                page.evaluate(
                    "[...document.querySelectorAll('th a')].findIndex((a) => a.textContent.trim().startsWith('\(column)'))"
                ).integer
            )
            try page.clickAndLoad(.selector("th:nth-child(\(link + 1)) a"))
            let expected = try tenant.get("/campaigns?sort=\(sort)").data().elements
            #expect(try ids(user) == expected.compactMap(\.["_id"].string), "\(sort)")
            let sorted = try page.attribute("aria-sort", of: .selector("th:nth-child(\(link + 1))"))
            #expect(sorted == (sort.hasPrefix("-") ? "descending" : "ascending"))
        }
        #expect(try page.count(of: "svg.spark rect") > 30)
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `a user finds and names a campaign, and opens its sends`(hasJavaScript: Bool) throws {
        let (user, tenant) = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        try page.type("SUMM", into: "#search")
        try page.clickAndLoad(.named("Find", role: "button"))
        #expect(try ids(user) == ["summer"])
        try page.click("details.naming summary")
        try page.type("Sümmer & <sun>", into: "input[name=name]")
        try page.clickAndLoad(.named("Save", role: "button"))
        #expect(try page.url.contains("search=SUMM"))
        #expect(try user.texts("td.campaign .name") == ["Sümmer & <sun>"])
        #expect(try tenant.get("/campaigns/summer").data()["name"].string == "Sümmer & <sun>")
        if hasJavaScript {
            #expect(try page.copied { try page.click(.named("Copy campaign ID summer", role: "button")) } == "summer")
        }
        try page.clickAndLoad("td.campaign a")
        #expect(try page.text(of: "#result") == "43 sends to 127 destinations")
        #expect(try page.text(of: ".chip").contains("Sümmer & <sun>"))
        try user.open("/console/campaigns?search=unheard-of")
        #expect(try page.text.contains("No campaigns match this search, or none has sends in this range."))
        try user.expectNoErrors()
    }

    @Test func `campaigns are suggested while the user types`() throws {
        let (user, _) = try user()
        try user.open("/console/sends")
        try user.page.type("sale", into: "#campaign")
        try user.page.wait(for: "the campaign of that name") {
            try user.page.evaluate("[...document.querySelectorAll('#suggestions option')].map((o) => o.value)") == [
                "spring"
            ]
        }
        try user.expectNoErrors()
    }

    @Test func `many campaigns are paged`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign.read")
        try tenant.record((0..<120).map { SampleLog(id: "send-\($0)", campaign: "c-\(1000 + $0)", destinations: []) })
        let user = try ConsoleUser(tenant.server)
        try user.signIn(tenant.key)
        try user.open("/console/campaigns?sort=name")
        #expect(try ids(user) == (1000..<1050).map { "c-\($0)" })
        try user.page.clickAndLoad(.named("Last »", role: "link"))
        #expect(try ids(user) == (1100..<1120).map { "c-\($0)" })
        // Without campaign.update, there is no form to name a campaign.
        #expect(try user.page.count(of: "details.naming") == 0)
        try user.expectNoErrors()
    }

    @Test func `without sends, the page names the permission to record the first`() throws {
        let tenant = try Shared.server.tenant(permissions: "campaign.read")
        let user = try ConsoleUser(tenant.server)
        try user.signIn(tenant.key)
        #expect(try user.page.text.contains("There are no campaigns yet"))
        #expect(try user.page.text.contains("sendLog.create"))
        try user.expectNoErrors()
    }
}
