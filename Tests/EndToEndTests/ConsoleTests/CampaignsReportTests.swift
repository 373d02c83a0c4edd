import Testing

/// The Campaigns Report in a browser.
@Suite struct CampaignsReportTests {
    private func viewer(hasJavaScript: Bool = true) throws -> (Viewer, Tenant) {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        try tenant.recordSeason()
        let viewer = try Viewer(tenant.server, hasJavaScript: hasJavaScript)
        try viewer.signIn(tenant.key)
        try viewer.page.clickAndLoad(.named("Campaigns", role: "link"))
        return (viewer, tenant)
    }

    private func ids(_ viewer: Viewer) throws -> [String] { try viewer.texts("table.campaigns td.campaign code") }

    @Test(arguments: [true, false])
    func `campaigns are sorted by each column, either way`(hasJavaScript: Bool) throws {
        let (viewer, tenant) = try viewer(hasJavaScript: hasJavaScript)
        let page = viewer.page
        #expect(try page.text(of: "#result") == "3 campaigns")
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
            let expected = try tenant.get("/campaigns?sort=\(sort)").data()["campaigns"].elements
            #expect(try ids(viewer) == expected.compactMap(\.["_id"].string), "\(sort)")
            let sorted = try page.attribute("aria-sort", of: .selector("th:nth-child(\(link + 1))"))
            #expect(sorted == (sort.hasPrefix("-") ? "descending" : "ascending"))
        }
        #expect(try page.count(of: "svg.spark rect") > 30)
        try viewer.expectCalm()
    }

    @Test(arguments: [true, false])
    func `a campaign is found, named, and leads to its sends`(hasJavaScript: Bool) throws {
        let (viewer, tenant) = try viewer(hasJavaScript: hasJavaScript)
        let page = viewer.page
        try page.type("SUMM", into: "#search")
        try page.clickAndLoad(.named("Find", role: "button"))
        #expect(try ids(viewer) == ["summer"])
        try page.click("details.naming summary")
        try page.type("Sümmer & <sun>", into: "input[name=name]")
        try page.clickAndLoad(.named("Save", role: "button"))
        #expect(try page.url.contains("search=SUMM"))
        #expect(try viewer.texts("td.campaign .name") == ["Sümmer & <sun>"])
        #expect(try tenant.get("/campaigns/summer").data()["name"].string == "Sümmer & <sun>")
        if hasJavaScript {
            #expect(try page.copied { try page.click(.named("Copy campaign id summer", role: "button")) } == "summer")
        }
        try page.clickAndLoad("td.campaign a.name")
        #expect(try page.text(of: "#result") == "43 sends")
        #expect(try page.text(of: ".chip").contains("Sümmer & <sun>"))
        try viewer.open("/console/campaigns?search=unheard-of")
        #expect(try page.text.contains("No campaign has that in its name or id."))
        try viewer.expectCalm()
    }

    @Test func `campaigns are suggested while somebody types`() throws {
        let (viewer, _) = try viewer()
        try viewer.open("/console/sends")
        try viewer.page.type("sale", into: "#campaign")
        try viewer.page.wait(for: "the campaign of that name") {
            try viewer.page.evaluate("[...document.querySelectorAll('#suggestions option')].map((o) => o.value)") == [
                "spring"
            ]
        }
        try viewer.expectCalm()
    }

    @Test func `many campaigns are paged`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign.read")
        try tenant.record((0..<120).map { SampleLog(id: "send-\($0)", campaign: "c-\(1000 + $0)", destinations: []) })
        let viewer = try Viewer(tenant.server)
        try viewer.signIn(tenant.key)
        try viewer.open("/console/campaigns?sort=name")
        #expect(try ids(viewer) == (1000..<1050).map { "c-\($0)" })
        try viewer.page.clickAndLoad(.named("Last »", role: "link"))
        #expect(try ids(viewer) == (1100..<1120).map { "c-\($0)" })
        // Without the permission nobody is offered to name one.
        #expect(try viewer.page.count(of: "details.naming") == 0)
        try viewer.expectCalm()
    }

    @Test func `without a send there is a way to the first`() throws {
        let tenant = try Shared.server.tenant(permissions: "campaign.read")
        let viewer = try Viewer(tenant.server)
        try viewer.signIn(tenant.key)
        #expect(try viewer.page.text.contains("There are no campaigns yet"))
        #expect(try viewer.page.text.contains("sendLog.create"))
        try viewer.expectCalm()
    }
}
