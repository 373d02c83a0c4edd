import Testing

/// The field at the top of each page that goes to a send or a campaign.
@Suite struct GoToTests {
    private static let field: Locator = "input[name=sought]"

    private func user(hasJavaScript: Bool = true, width: Int = 1280) throws -> ConsoleUser {
        let tenant = try NamedCampaigns.tenant()
        let user = try ConsoleUser(tenant.server, width: width, isPhone: width < 500, hasJavaScript: hasJavaScript)
        try user.signIn(tenant.key)
        return user
    }

    private func go(_ user: ConsoleUser, _ text: String) throws {
        try user.page.paste(text, into: Self.field)
        try user.page.loading { try user.page.press(.enter) }
    }

    @Test(arguments: [true, false])
    func `an ID or a name leads to its page, from every page`(hasJavaScript: Bool) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        for (start, text, path) in [
            ("/console/sends", "send-of-spring", "/console/sends/send-of-spring"),
            ("/console/campaigns", " send-of-summer ", "/console/sends/send-of-summer"),
            ("/console/organisation", "spring", "/console/sends?campaign=spring"),
            ("/console/sends/send-of-spring", "SUMMER SALE", "/console/sends?campaign=summer"),
            ("/console/time-zone", "paris", "/console/sends?campaign=5f5a1d8d2e0e4c6c8c0c0c0c"),
            (
                "/console/campaigns/spring/compare", "spring, letter-1",
                "/console/sends?campaign=spring&campaign=letter-1"
            ),
        ] {
            try user.open(start)
            try go(user, text)
            #expect(try user.page.url.hasSuffix(path), "\(text) on \(start)")
        }
        try user.page.paste("letter-1", into: Self.field)
        try user.page.clickAndLoad(.named("Open", role: "button"))
        #expect(try user.page.url.hasSuffix("/console/sends?campaign=letter-1"))
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false]) func `of several matches the user chooses one`(hasJavaScript: Bool) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        try go(user, "newsletter")
        #expect(try user.page.text(of: "h1") == "Go to")
        #expect(try user.texts(".choice li") == ["Newsletter letter-2", "Newsletter letter-1"])
        #expect(try user.page.value(of: Self.field) == "newsletter")
        try user.expectNoErrors()
        try user.page.clickAndLoad(.selector(".choice li:nth-child(2) a"))
        #expect(try user.page.url.hasSuffix("/console/sends?campaign=letter-1"))
        try user.expectNoErrors()
    }

    @Test func `a send and a campaign with the same ID are both offered`() throws {
        let tenant = try NamedCampaigns.tenant()
        try tenant.record(SampleLog(id: "spring", campaign: "summer"))
        // Parts of other IDs do not keep a send from opening.
        let client = try ConsoleClient(tenant)
        let both = try client.post("/console/go", ["sought": "spring"], from: "/console/go")
        #expect(both.status == 200)
        #expect(both.text.contains("href=\"/console/sends?campaign=spring\""))
        #expect(both.text.contains("href=\"/console/sends/spring\""))
        try tenant.record(SampleLog(id: "letter", campaign: "summer"))
        let send = try client.post("/console/go", ["sought": "letter"], from: "/console/go")
        #expect(send["location"] == "/console/sends/letter")
    }

    @Test(arguments: [true, false])
    func `a text that leads nowhere stays in the field, and a recipient gets into no URL`(hasJavaScript: Bool) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        for (text, isRecipient) in [("Winter", false), ("+27 82 123 4567", true), ("jo@example.com", true)] {
            try go(user, text)
            let message = "“\(text)” is not the ID of a send, or the ID or the name of a campaign."
            #expect(try user.texts("[role=alert]") == [message])
            #expect(try user.page.value(of: Self.field) == text)
            #expect(try user.page.text.contains("enter it under Recipient on the Sends Report") == isRecipient)
            #expect(try user.page.url.hasSuffix("/console/go"))
        }
        #expect(user.page.requests.allSatisfy { !$0.url.contains("4567") && !$0.url.contains("example.com") })
        let client = try ConsoleClient(NamedCampaigns.tenant())
        let page = try client.get("/console/go")
        #expect(page.status == 200 && page.text.contains("in the field at the top of the page"))
        #expect(try client.post("/console/go", ["sought": "spring"]).status == 400, "a form without its token")
        #expect(try client.post("/console/go", ["sought": " "], from: "/console/go").status == 200)
    }

    @Test func `a key finds what it may read, and nothing of other organisations`() throws {
        func locations(_ permissions: String, _ texts: [String]) throws -> [String?] {
            let client = try ConsoleClient(NamedCampaigns.tenant(permissions: permissions))
            return try texts.map { text in
                let response = try client.post("/console/go", ["sought": text], from: "/console/go")
                #expect(response.status == 303 || response.status == 404, "\(permissions), \(text)")
                return response["location"]
            }
        }
        let texts = ["send-of-spring", "spring", "Spring sale"]
        let sends = try locations("sendLog.read", texts)
        #expect(sends == ["/console/sends/send-of-spring", nil, nil])
        let campaigns = try locations("campaign.read", texts)
        let report = "/console/campaigns?search=spring&sort=-lastSendAt"
        #expect(campaigns == [nil, report, report])
        let none = try ConsoleClient(NamedCampaigns.tenant(permissions: "webhook.read"))
        let page = try none.get("/console/webhooks").text
        #expect(page.contains("Sign out") && !page.contains("name=\"sought\""))
        let other = try ConsoleClient(Shared.server.tenant(permissions: "*"))
        for text in texts {
            #expect(try other.post("/console/go", ["sought": text], from: "/console/go").status == 404)
        }
    }

    @Test func `the key for it focuses the field, but not while the user types`() throws {
        let user = try user()
        let page = user.page
        try page.press(.character("/"))
        #expect(try page.focused == "textbox \"Go to ID or name\"")
        #expect(try page.value(of: Self.field).isEmpty)
        for character in "a/b" { try page.press(.character(character)) }
        #expect(try page.value(of: Self.field) == "a/b")
        try page.type("x/y", into: "#recipient")
        #expect(try page.value(of: "#recipient") == "x/y")
        #expect(try page.focused.contains("Recipient"))
        try user.expectNoErrors()
    }

    @Test(arguments: [1280, 800, 390, 320])
    func `the placeholder fits, and on a phone the field shares the line of the name`(width: Int) throws {
        let user = try user(width: width)
        let fits = try user.page.evaluate(
            """
            (() => {
                const [field, canvas] = [document.querySelector('.go input[name=sought]'), document.createElement('canvas')];
                const [style, context] = [getComputedStyle(field), canvas.getContext('2d')];
                context.font = style.font;
                const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
                return context.measureText(field.placeholder).width <= room;
            })()
            """
        )
        #expect(fits == true)
        let offset = try user.page.evaluate(
            """
            (() => {
                const [brand, go] = ['.brand', '.go'].map((s) => document.querySelector(s).getBoundingClientRect());
                return Math.abs((brand.top + brand.bottom) / 2 - (go.top + go.bottom) / 2);
            })()
            """
        )
        #expect(try #require(offset.integer) < 8)
        try user.expectNoErrors()
    }
}
