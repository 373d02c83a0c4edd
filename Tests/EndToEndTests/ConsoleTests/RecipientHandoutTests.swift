import TestSupport
import Testing

/// What a recipient's page links to, and what is handed out: nothing that may belong to another person.
@Suite struct RecipientHandoutTests {
    /// Returns the links of a page.
    private static func links(_ page: HTTPResponse) -> [String] {
        page.text.matches(of: /href="([^"]*)"/).map { String($0.output.1).replacing("&amp;", with: "&") }
    }

    /// The path of the page of ``RecipientPages/number``.
    private static func path(_ client: ConsoleClient, of number: String = RecipientPages.number) throws -> String {
        "/console/recipients/\(try RecipientPages.token(RecipientPages.link(client, to: number)))"
    }

    @Test func `every link of the first page leads to a page, and none to the first page`() throws {
        let client = try ConsoleClient(RecipientPages.tenant())
        let page = try client.get(Self.path(client))
        #expect(page.text.contains("Next ›") && !page.text.contains("« First"))
        let links = Set(Self.links(page)).filter { !$0.hasPrefix("#") }
        #expect(links.count > 50)
        for link in links {
            #expect(link.hasPrefix("/"), "\(link)")
            guard link.hasPrefix("/"), let target = link.split(separator: "#").first else { continue }
            // The first page of the console redirects.
            #expect(try [200, 303].contains(client.get(String(target)).status), "\(link)")
        }
        let last = try client.get(Self.path(client) + "?page=2")
        #expect(last.text.contains("« First") && !last.text.contains("Last »"))
    }

    @Test func `doubtful sends are counted and marked on the page, and left out of what is handed out`() throws {
        let client = try ConsoleClient(RecipientPages.tenant())
        let path = try Self.path(client)
        let sentence = "20 more sends may be to another person; they are not in the print view and the files."
        let page = try client.get(path)
        #expect(page.text.contains("<span id=\"total\">60</span>, 20 of them doubtful"))
        #expect(page.text.contains(">60 sends, 20 of them doubtful</h2>") && page.text.contains(sentence))
        let marks = page.text.matches(of: /<\/time><\/a><br><span class=faint>doubtful<\/span>/)
        #expect(marks.count == 17, "of the newest 50")
        #expect(page.text.contains("It shows no lists of destinations. Check messages and reasons"))
        let printed = try client.get(path + "/print").text
        #expect(printed.contains("<dd id=\"total\">40</dd>") && printed.contains(sentence))
        #expect(printed.contains("country code") && !printed.contains("calling code"))
        let texts = [printed, try client.get(path + "/sends.csv").text, try client.get(path + "/sends.ndjson").text]
        for text in texts {
            let ids = Set(text.matches(of: /send-[0-9]+/).compactMap { Int($0.output.dropFirst(5)) })
            #expect(ids.count == 40 && ids.allSatisfy { $0 % 4 < 2 }, "\(text.prefix(500))")
        }
        let organisation = "/console/organisation"
        #expect(try client.post(organisation, ["calling-code": "27"], from: organisation).status == 303)
        let certain = try client.get(path).text
        #expect(certain.contains(">60 sends</h2>") && !certain.contains("doubtful"))
        #expect(try client.get(path + "/sends.ndjson").text.split(separator: "\n").count == 60)
    }

    @Test func `the links to campaigns keep the recipient, and a recipient's sends have no link to compare`() throws {
        let client = try ConsoleClient(RecipientPages.tenant())
        let link = try RecipientPages.link(client, to: RecipientPages.number, campaign: "spring")
        let token = try RecipientPages.token(link)
        let pages = [try client.get("/console/recipients/\(token)"), try client.get(link)]
        for page in pages {
            let campaigns = page.text.matches(of: /<td class=campaign><a href="([^"]*)"/)
            #expect(campaigns.count >= 20)
            #expect(campaigns.allSatisfy { $0.output.1.hasSuffix("&amp;recipient=\(token)") })
        }
        let spring = "<th scope=row><a href=\"/console/sends?campaign=spring&amp;recipient=\(token)\""
        #expect(pages[0].text.contains(spring))
        let compare = "href=\"/console/campaigns/spring/compare"
        #expect(!pages[1].text.contains(compare))
        #expect(try client.get("/console/sends?campaign=spring").text.contains("\(compare)\""))
        #expect(try !client.get("/console/sends?campaign=spring&campaign=summer").text.contains("/compare"))
        let dated = try client.get("/console/sends?campaign=spring&from=2022-01-05&to=2022-02-05&rows=25")
        let range = "from=2022-01-05T00:00:00.000Z&to=2022-02-05T23:59:59.999Z"
        #expect(Self.links(dated).contains("/console/campaigns/spring/compare?\(range)"))
        let comparison = try client.get("/console/campaigns/spring/compare?from=2022-01-05T00:00&other_to=2022-01-31")
        #expect(Self.links(comparison).contains("/console/sends?campaign=spring&from=2022-01-05T00:00:00.000Z"))
    }

    @Test func `only numbers and e-mail addresses have several notations`() throws {
        let client = try ConsoleClient(RecipientPages.tenant())
        for (recipient, hasNotations) in [("082 555 0101", true), ("Jo@example.com", true), ("Acme Ltd", false)] {
            let link = try RecipientPages.link(client, to: recipient)
            let token = try RecipientPages.token(link)
            for path in [link, "/console/recipients/\(token)", "/console/sends/send-0?recipient=\(token)"] {
                let text = try client.get(path).text
                #expect(text.contains("Searched for <span class=\"searched\">"), "\(path)")
                #expect(text.contains("</span>, in any notation") == hasNotations, "\(recipient) \(path)")
            }
        }
    }

    @Test func `a telephone number under Campaign gets a hint, and no link has it`() throws {
        let tenant = try RecipientPages.tenant()
        try tenant.record(SampleLog(id: "numbered", campaign: "27825550101", destinations: ["27829999999"]))
        let client = try ConsoleClient(tenant)
        for number in ["+27 82 555 0102", "0825550102", "spring, 27825550102", "27 825550102"] {
            let fields: KeyValuePairs = ["campaign": number, "from": "soon"]
            let refused = try client.post("/console/sends", fields, from: "/console/sends")
            #expect(refused.status == 400 && refused["location"] == nil, "\(number)")
            #expect(refused.text.contains("A telephone number is not the ID of a campaign. Enter it under “Recipient”"))
            #expect(refused.text.contains("name=\"campaign\" value=\"\(number)\""))
            #expect(!Self.links(refused).contains { $0.contains("55501") || $0.contains("campaign=") }, "\(number)")
        }
        for (campaign, query) in [("27825550101", "27825550101"), ("spring", "spring")] {
            let found = try client.post("/console/sends", ["campaign": campaign], from: "/console/sends")
            #expect(found["location"] == "/console/sends?campaign=\(query)", "\(campaign)")
        }
    }

    @Test func `no URL has a number that was typed under Campaign`() throws {
        let tenant = try RecipientPages.tenant()
        let user = try ConsoleUser(tenant.server)
        let page = user.page
        try user.signIn(tenant.key)
        let options = "[...document.querySelectorAll('#suggestions option')].map((option) => option.value)"
        // The field asks for suggestions as soon as it has the focus, and later for those of another text.
        try page.evaluate("document.querySelector('#campaign').value = '0825550101'")
        try page.paste("spr", into: "#campaign")
        try page.wait(for: "a suggestion") { try page.evaluate(options) == ["spring"] }
        try page.paste(RecipientPages.number, into: "#campaign")
        try page.clickAndLoad(.named("Filter", role: "button"))
        #expect(try page.text.contains("A telephone number is not the ID of a campaign"))
        #expect(try page.value(of: "#campaign") == RecipientPages.number)
        try user.expectNoNumber()
    }

    @Test func `the name of a zone is not repeated as its offset`() throws {
        let client = try ConsoleClient(RecipientPages.tenant())
        let pages = ["/console/sends", "/console/sends/send-0", try Self.path(client) + "/print"]
        for path in pages {
            let text = try client.get(path).text
            #expect(text.contains("UTC<") && !text.contains("UTC, UTC") && !text.contains("</a> (UTC)"), "\(path)")
        }
    }
}
