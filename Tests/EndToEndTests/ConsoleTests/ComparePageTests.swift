import Testing

/// The page that compares the recipients of a campaign.
@Suite struct ComparePageTests {
    private static let path = "/console/campaigns/spring/compare"

    private static func tenant() throws -> Tenant {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign.read")
        try tenant.record([
            SampleLog(id: "one", campaign: "spring", destinations: ["27821111111", "+27 82 222 2222"]),
            SampleLog(id: "two", campaign: "spring", start: "2022-02-15T12:00:00Z", destinations: ["27823333333"]),
            SampleLog(id: "three", campaign: "summer", destinations: ["27822222222", "=jo@example.com"]),
        ])
        return tenant
    }

    /// The numbers in the table of a page.
    private static func numbers(_ page: HTTPResponse) -> [Int] {
        page.text.matches(of: /<td class="count">([0-9]+)<\/td>/).compactMap { Int($0.output.1) }
    }

    @Test func `the page shows the numbers, and links to the lists`() throws {
        let client = try ConsoleClient(Self.tenant())
        let form = try client.get(Self.path)
        #expect(form.status == 200 && Self.numbers(form).isEmpty)
        for (query, numbers) in [
            ("?campaign=summer", [3, 2, 1, 2, 1]), ("?send=three", [3, 2, 1, 2, 1]), ("?campaign=", [3]),
            ("?from=2022-02-01", [1]), ("?to=2022-01-31&campaign=summer", [2, 2, 1, 1, 1]),
            ("?campaign=summer&other_from=2022-02-01", [3, 0, 0, 3, 0]), ("?other_to=2022-01-31", [3, 3, 2, 1, 1]),
            ("?campaign=summer&as_of=1", [2, 0, 0, 2, 0]),
        ] {
            let page = try client.get("\(Self.path)\(query)")
            #expect(page.status == 200)
            #expect(Self.numbers(page) == numbers, "\(query)")
        }
        let page = try client.get("\(Self.path)?campaign=summer").text.replacing("&amp;", with: "&")
        let links = page.matches(of: /<a href="([^"]+list=[^"]+)" download>/).map { String($0.output.1) }
        #expect(links.count == 10 && links.allSatisfy { $0.contains("as_of=3") && !$0.contains("2782") })
        let only = try client.get(try #require(links.first { $0.contains("compare.csv?") && $0.contains("only_b") }))
        #expect(only.text == "recipient\r\n\"'=jo@example.com\"\r\n")
        let both = try client.get(try #require(links.first { $0.contains("compare.ndjson?") && $0.contains("both") }))
        #expect(both.text == "{\"recipient\":\"27822222222\"}\n" && both["x-sendlog-total"] == "1")
    }

    @Test func `what is not understood is said above the form`() throws {
        let client = try ConsoleClient(Self.tenant())
        for (query, status, message) in [
            ("?campaign=a%20b", 400, "No campaign has “a b” in its ID or name."),
            ("?send=a%20b", 400, "“send” must be the ID of a send"), ("?from=soon", 400, "“from” must be a date"),
            ("?send=one&campaign=summer", 400, "Enter either a send ID, or a campaign and dates."),
            ("?send=unheard-of", 404, "unheard-of not found"), ("?campaign=winter", 404, "Campaign winter not found"),
        ] {
            let page = try client.get("\(Self.path)\(query)")
            #expect(page.status == status, "\(query)")
            #expect(
                page.text.contains(message) && page.text.contains("<form method=\"post\" action=\"\(Self.path)\""),
                "\(query)"
            )
        }
        for query in ["?campain=a", "?send=a&send=b"] { #expect(try client.get("\(Self.path)\(query)").status == 400) }
        #expect(try client.get("\(Self.path).csv?list=both").status == 400)
        #expect(try client.get("/console/campaigns/a%20b/compare").status == 404)
        for path in ["compare", "compare?campaign=spring", "compare.csv?list=a"] {
            let unknown = try client.get("/console/campaigns/winter/\(path)")
            #expect(unknown.status == 404 && unknown.text.contains("Campaign winter not found"), "\(path)")
        }
    }

    @Test func `dates alone are called all campaigns`() throws {
        let client = try ConsoleClient(Self.tenant())
        let dates = try client.get("\(Self.path)?other_to=2022-01-31").text
        #expect(dates.contains("Recipients of all campaigns, this one included"))
        #expect(dates.contains("Only of all campaigns, this one included") && !dates.contains("the other side"))
        for query in ["?campaign=summer&other_to=2022-01-31", "?send=three"] {
            let other = try client.get("\(Self.path)\(query)").text
            #expect(other.contains("Recipients of the other side") && !other.contains("Recipients of all"), "\(query)")
        }
    }

    @Test func `the page needs sendLog.read, and shows nothing of other organisations`() throws {
        let tenant = try Self.tenant()
        let other = try Shared.server.tenant(permissions: "sendLog")
        try other.record(SampleLog(id: "mine", campaign: "spring", destinations: ["27829999999"]))
        let client = try ConsoleClient(other)
        #expect(Self.numbers(try client.get("\(Self.path)?campaign=spring")) == [1, 1, 1, 0, 0])
        #expect(try client.get("\(Self.path)?campaign=summer").status == 404)
        #expect(try client.get("\(Self.path)?send=one").status == 404)
        let key = try tenant.server.key(of: tenant.name, permissions: ["campaign.read"])
        let reader = try ConsoleClient(Tenant(server: tenant.server, name: tenant.name, key: key))
        for path in [Self.path, "\(Self.path).csv"] { #expect(try reader.get("\(path)?campaign=summer").status == 403) }
    }

    @Test(arguments: [true, false])
    func `a user compares a campaign of the report with another one`(hasJavaScript: Bool) throws {
        let tenant = try Self.tenant()
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript)
        try user.signIn(tenant.key)
        try user.open("/console/sends?campaign=spring")
        try user.page.clickAndLoad(.named("Compare", role: "link"))
        #expect(try user.page.style("border-top-style", of: .selector("fieldset")) == "solid")
        try user.page.type("summer", into: "#campaign")
        try user.page.clickAndLoad(.named("Compare", role: "button"))
        #expect(try user.texts("table.counts td.count") == ["3", "2", "1", "2", "1"])
        try user.expectNoErrors()
    }
}
