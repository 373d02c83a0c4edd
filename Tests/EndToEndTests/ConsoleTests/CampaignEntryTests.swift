import Testing

/// Fields for campaigns accept names, parts of names, and IDs.
@Suite struct CampaignEntryTests {
    private func user(hasJavaScript: Bool, permissions: String...) throws -> ConsoleUser {
        let tenant =
            permissions.isEmpty
            ? try NamedCampaigns.tenant() : try NamedCampaigns.tenant(permissions: permissions[0])
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript, timeZone: "UTC")
        try user.signIn(tenant.key)
        return user
    }

    private func filter(_ user: ConsoleUser, _ text: String) throws {
        try user.page.paste(text, into: "#campaign")
        try user.page.clickAndLoad(.named("Filter", role: "button"))
    }

    @Test(
        arguments: [
            ("SPRING SALE", ["spring"]), ("sprin", ["spring"]), ("ete a\u{300} paris", ["5f5a1d8d2e0e4c6c8c0c0c0c"]),
            ("5F5A1D8D", ["5f5a1d8d2e0e4c6c8c0c0c0c"]), ("letter-2", ["letter-2"]), ("LETTER-2", ["letter-2"]),
            ("spring, summer", ["spring", "summer"]), ("letter-1 letter-2", ["letter-1", "letter-2"]),
            (" Summer Sale ", ["summer"]),
        ],
        [true, false]
    )
    func `a text that means one campaign, or the IDs of several, filters by them`(
        entered: (text: String, ids: [String]),
        hasJavaScript: Bool
    ) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        try filter(user, entered.text)
        #expect(try user.texts(".chip code") == entered.ids)
        let query = entered.ids.map { "campaign=\($0)" }.joined(separator: "&")
        #expect(try user.page.url.hasSuffix("/console/sends?\(query)"))
        let sends = try user.texts("table.sends td.campaign code")
        #expect(sends.count == entered.ids.count && Set(sends) == Set(entered.ids))
        #expect(try user.page.value(of: "#campaign").isEmpty)
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `of several campaigns the user chooses one, and the other filters stay`(hasJavaScript: Bool) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        try user.open("/console/sends?campaign=letter-1&rows=25")
        try page.set("2022-01-01T00:00", in: "#from")
        try page.paste("+27 82 123 4567", into: "#recipient")
        try filter(user, "sale")
        #expect(try page.text(of: "#choice-title") == "“sale” matches 2 campaigns. Choose one:")
        // The most recently active one comes first.
        #expect(try user.texts(".choice li") == ["Summer Sale summer", "Spring sale spring"])
        #expect(try page.value(of: "#campaign") == "sale")
        #expect(try page.value(of: "#from") == "2022-01-01T00:00")
        #expect(try user.texts(".chip code") == ["letter-1"])
        try user.expectNoErrors()
        try page.clickAndLoad(.selector(".choice li:nth-child(2) a"))
        #expect(try user.texts(".chip code") == ["letter-1", "spring"])
        #expect(try page.value(of: "#recipient") == "+27 82 123 4567")
        #expect(try page.url.contains("from=2022-01-01T00:00:00.000Z") && page.url.contains("rows=25"))
        #expect(try !page.url.contains("4567") && !page.url.contains("sale"))
        try user.expectNoErrors()
    }

    @Test func `campaigns of the same name are all offered, and others with a longer name are not`() throws {
        let user = try user(hasJavaScript: true)
        try filter(user, "newsletter")
        #expect(try user.texts(".choice code") == ["letter-2", "letter-1"])
        try user.expectNoErrors()
    }

    @Test func `at most twenty campaigns are offered, with a link to all`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        try tenant.record((10..<35).map { SampleLog(id: "send-\($0)", campaign: "bulk-\($0)") })
        let user = try ConsoleUser(tenant.server)
        try user.signIn(tenant.key)
        try filter(user, "bulk")
        #expect(try user.page.text(of: "#choice-title") == "“bulk” matches 25 campaigns. Choose one:")
        #expect(try user.page.count(of: ".choice li") == 20)
        #expect(try user.page.text(of: ".choice p").contains("and 5 more."))
        try user.page.clickAndLoad(.named("see all of them on the Campaigns Report", role: "link"))
        #expect(try user.page.text(of: "#result").hasPrefix("25 campaigns: 25 sends"))
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `a text that means no campaign stays in the field, with a message`(hasJavaScript: Bool) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        for text in ["Winter sale", "spring, winter", "spring winter", "%"] {
            try filter(user, text)
            #expect(try user.texts("[role=alert]") == ["No campaign has “\(text)” in its ID or name."])
            #expect(try user.page.value(of: "#campaign") == text)
            #expect(try user.page.count(of: "table.sends") == 0)
            #expect(try user.page.url.hasSuffix("/console/sends"))
        }
        try filter(user, "+27 82 123 4567")
        #expect(try user.texts("[role=alert]").joined().contains("Enter it under “Recipient”."))
        #expect(user.page.requests.allSatisfy { !$0.url.contains("4567") })
    }

    @Test func `a link with a name leads to the campaign, and never finds nothing`() throws {
        let client = try ConsoleClient(NamedCampaigns.tenant())
        for (entered, id) in [("Spring%20sale", "spring"), ("SUMMER", "summer"), ("Paris", "5f5a1d8d2e0e4c6c8c0c0c0c")]
        {
            let response = try client.get("/console/sends?campaign=\(entered)&from=2022-01-01T00:00:00Z")
            #expect(response.status == 303, "\(entered)")
            #expect(response["location"] == "/console/sends?campaign=\(id)&from=2022-01-01T00:00:00.000Z")
        }
        for entered in ["Newsletter", "sale", "Sale%20"] {
            let response = try client.get("/console/sends?campaign=\(entered)")
            #expect(response.status == 200 && response.text.contains("Choose one:"), "\(entered)")
        }
        let unknown = try client.get("/console/sends?campaign=Winter%20sale")
        #expect(unknown.status == 400 && unknown.text.contains("No campaign has “Winter sale” in its ID or name."))
        let id = try client.get("/console/sends?campaign=winter")
        #expect(id.status == 200 && id.text.contains("There is no campaign with the ID “winter”."))
        let list = try client.get("/console/sends?campaign=spring,summer")
        #expect(list.status == 200 && list.text.contains("2 sends to"))
        // Files too.
        for file in ["sends.ndjson", "totals-by-day.ndjson"] {
            let found = try client.get("/console/\(file)?campaign=Spring%20sale")
            #expect(found.status == 200 && found.text.split(separator: "\n").count == 1, "\(file)")
            for (entered, message) in [("x%20sale", "No campaign has “x sale”"), ("%20sale", "“sale” matches 2")] {
                let refused = try client.get("/console/\(file)?campaign=\(entered)")
                #expect(refused.status == 400 && refused.text.contains(message), "\(file), \(entered)")
            }
        }
    }

    @Test func `a key without campaign.read finds campaigns by ID alone`() throws {
        let client = try ConsoleClient(NamedCampaigns.tenant(permissions: "sendLog.read"))
        let path = "/console/sends"
        let known = try client.post(path, ["campaign": "spring", "from": "", "to": ""], from: path)
        #expect(known["location"] == "/console/sends?campaign=spring")
        for text in ["Summer Sale!", "Été"] {
            let refused = try client.post(path, ["campaign": text, "from": "", "to": ""], from: path)
            #expect(refused.status == 400 && refused.text.contains("is not a valid campaign ID"), "\(text)")
            #expect(!refused.text.contains("Choose one"))
        }
        #expect(try client.get("\(path)?campaign=Newsletter").text.contains("No sends match these filters."))
    }

    @Test(arguments: [true, false])
    func `the other campaign of a comparison is entered by name`(hasJavaScript: Bool) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        let (page, path) = (user.page, "/console/campaigns/spring/compare")
        func compare(_ text: String) throws {
            try page.paste(text, into: "#campaign")
            try page.clickAndLoad(.named("Compare", role: "button"))
        }
        try user.open(path)
        try page.set("2022-01-01T00:00", in: "#from")
        try compare("summer sale")
        #expect(try page.url.hasSuffix("\(path)?from=2022-01-01T00:00:00.000Z&campaign=summer"))
        #expect(try user.texts("table.counts td.count") == ["2", "2", "2", "0", "0"])
        try user.open(path)
        try page.set("2022-01-01T00:00", in: "#from")
        try compare("newsletter")
        #expect(try user.texts(".choice code") == ["letter-2", "letter-1"])
        #expect(try page.value(of: "#from") == "2022-01-01T00:00")
        try page.clickAndLoad(.selector(".choice li:nth-child(2) a"))
        #expect(try page.url.hasSuffix("\(path)?from=2022-01-01T00:00:00.000Z&campaign=letter-1"))
        #expect(try user.texts("table.counts td.count").count == 5)
        // Without a campaign, the recipients of this one are counted.
        try compare("")
        #expect(try user.texts("table.counts td.count") == ["2"])
        try user.expectNoErrors()
        for text in ["Winter", "+27 82 123 4567", "spring summer"] {
            try compare(text)
            #expect(try page.count(of: "[role=alert]") == 1)
            #expect(try page.value(of: "#campaign") == text)
        }
        #expect(page.requests.allSatisfy { !$0.url.contains("4567") })
    }
}
