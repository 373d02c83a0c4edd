import Foundation
import Testing

/// The console on phones, in dark mode, with the keyboard and for screen readers.
@Suite struct AccessibilityTests {
    private static let tenant = Result {
        let tenant = try Shared.server.tenant(permissions: "*")
        try tenant.recordSampleSends()
        try tenant.record(
            SampleLog(
                id: "long-message",
                campaign: String(repeating: "a-very-long-campaign-id-", count: 2) + "0123456789",
                message: String(repeating: "unbroken", count: 200),
                triggeredBy: String(repeating: "w", count: 64),
                start: "2022-06-01T00:00:00.000Z",
                destinations: [String(repeating: "9", count: 320)]
            )
        )
        return tenant
    }

    private static let pages = Result {
        let tenant = try Self.tenant.get()
        // A number with doubtful matches.
        let pages = try ConsolePages.all(
            ConsolePages.Content(
                tenant: tenant,
                campaigns: ("spring", "summer"),
                send: "send-129",
                recipient: "+27 82 0000 120",
                webhook: makeWebhook(of: tenant)
            )
        )
        // A long destination without spaces.
        let long = try link(to: String(repeating: "9", count: 320))
        let paths = [
            "sends/long-message", "recipients/\(long)", "sends?recipient=\(long)",
            "sends/long-message?recipient=\(long)",
        ]
        return pages + paths.map { (name: $0, path: "/console/\($0)") }
    }

    private static func link(to recipient: String) throws -> String {
        try RecipientPages.token(RecipientPages.link(ConsoleClient(tenant.get()), to: recipient))
    }

    /// Creates a webhook with long values, and tests it; the tests fail, since this server refuses loopback addresses.
    ///
    /// - Returns: its id.
    private static func makeWebhook(of tenant: Tenant) throws -> String {
        let long = String(repeating: "unbroken", count: 12)
        let definition = """
            {"name":"\(long)","url":"http://127.0.0.1:9/\(long)/\(long)?c={{campaign._id}}","campaign_id":["spring","\(long.prefix(64))"],
            "headers":{"X-\(long.prefix(60))":"\(long)"},"body":"{\\"\(long)\(long)\\":\\"{{send.message}}\\"}"}
            """
        let id = try tenant.post("/webhooks", definition).data(201)["_id"].plainText
        for send in ["{}", #"{"send_id":"long-message"}"#] { _ = try tenant.post("/webhooks/\(id)/test", send).data() }
        return id
    }

    @Test(arguments: [("light", 1280), ("dark", 1280), ("phone", 390), ("dark phone", 320)])
    func `each page fits its window, is easy to touch, and has nothing that axe-core finds`(name: String, width: Int)
        throws
    {
        let (tenant, isPhone) = (try Self.tenant.get(), width < 500)
        let user = try ConsoleUser(tenant.server, width: width, isPhone: isPhone, isDark: name.contains("dark"))
        try user.open("/console/sign-in")
        try user.expectNoErrors()
        try expectAccessible(user, "sign-in")
        try user.signIn(tenant.key)
        for (_, path) in try Self.pages.get() {
            try user.open(path)
            try user.expectNoErrors()
            if isPhone { try expectTouchable(user, path) }
            if name == "light" { try expectAccessibleNames(user, path) }
            try expectAccessible(user, path)
        }
        for (_, path) in ConsolePages.refused {
            try user.open(path)
            if isPhone { try expectTouchable(user, path) }
            try expectAccessible(user, path)
        }
        #expect(user.page.consoleErrors.allSatisfy { $0.source == "network" }, "\(user.page.consoleErrors)")
        let background = try user.page.style("background-color", of: "html")
        #expect(name.contains("dark") ? background == "rgb(20, 24, 23)" : background == "rgb(251, 251, 249)")
    }

    @Test(arguments: [(false, 1280), (true, 320)])
    func `the pages of a new organisation, and of a key without permission, have nothing that axe-core finds`(
        isDark: Bool,
        width: Int
    ) throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        let user = try ConsoleUser(tenant.server, width: width, isPhone: width < 500, isDark: isDark)
        try user.signIn(tenant.key)
        for path in ["/console/sends", "/console/campaigns", "/console/webhooks", "/console/keys"] {
            try user.open(path)
            try user.expectNoErrors()
            try expectAccessible(user, path)
        }
        let limited = try Shared.server.tenant(permissions: "webhook.read")
        let other = try ConsoleUser(limited.server, width: width, isPhone: width < 500, isDark: isDark)
        try other.signIn(limited.key)
        try other.open("/console/sends")
        #expect(try other.page.text.contains("Permission denied"))
        try expectAccessible(other, "permission denied")
    }

    @Test(arguments: [640, 1000, 1921])
    func `no page scrolls sideways`(width: Int) throws {
        let tenant = try Self.tenant.get()
        let user = try ConsoleUser(tenant.server, width: width)
        try user.signIn(tenant.key)
        try user.openAll(Self.pages.get()) { page in
            let overflow = try user.page.overflow
            #expect(overflow <= 0, "\(page.path) is \(overflow) px too wide")
        }
    }

    @Test func `the reports show the sample data of the project`() throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        let file = [
            "import", "--organisation", tenant.name, TestPaths.sample.path, "--database", tenant.server.database,
        ]
        _ = try Command(TestPaths.binary, file).succeeded()
        for (id, name) in [
            ("61d2f40a9b1e4a0012f7c3a1", "Appointment reminders"), ("62055c7e3fd86b0019a4e0d2", "Order on its way"),
            ("6241a90c77e2d1003b5580f4", "Statements"), ("628f3ab56c40ef0027d91b08", "Birthday vouchers"),
            ("63d8f7a23c9e54002b61d0c7", "How did we do?"), ("5f5a1d8d2e0e4c6c8c0c0c0c", "January sale"),
        ] {
            _ = try tenant.request("PUT", "/campaigns/\(id)", body: Array("{\"name\":\"\(name)\"}".utf8)).data()
        }
        let user = try ConsoleUser(tenant.server)
        try user.signIn(tenant.key)
        for report in ["sends", "campaigns"] {
            try user.open("/console/\(report)")
            try user.expectNoErrors()
        }
        #expect(try user.page.text.contains("January sale"))
    }

    /// Expects touch targets of at least 24 px.
    private func expectTouchable(_ user: ConsoleUser, _ path: String) throws {
        // WCAG 2.2, 2.5.8: 24 px, except for links within text (https://www.w3.org/TR/WCAG22/#target-size-minimum).
        let small = try user.page.evaluate(
            """
            [...document.querySelectorAll('button, input, select, nav a, .button, summary')]
                .filter((e) => e.checkVisibility() && !e.matches('[type=checkbox], [type=hidden], .skip'))
                .filter((e) => { const b = e.getBoundingClientRect(); return b.width < 24 || b.height < 24; })
                .map((e) => e.outerHTML.slice(0, 100))
            """
        )
        #expect(small.elements.isEmpty, "\(path): \(small.elements.compactMap(\.string))")
    }

    /// Expects that axe-core finds nothing, and that the page fits the window, with everything unfolded.
    private func expectAccessible(_ user: ConsoleUser, _ path: String) throws {
        try user.page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        let violations = try user.page.accessibilityViolations()
        #expect(violations.isEmpty, "\(path): \(violations)")
        let overflow = try user.page.overflow
        #expect(overflow <= 0, "\(path) is \(overflow) px too wide")
    }

    /// Expects an accessible name for each control, and landmarks in a sensible order.
    private func expectAccessibleNames(_ user: ConsoleUser, _ path: String) throws {
        let tree = try user.page.accessibilityTree()
        let controls: Set = [
            "link", "button", "textbox", "combobox", "checkbox", "spinbutton", "searchbox", "DisclosureTriangle",
            "table",
        ]
        for node in tree where controls.contains(node.role) {
            #expect(!node.name.trimmingCharacters(in: .whitespaces).isEmpty, "\(path): \(node)")
        }
        // The banner with the skip link comes first, then the navigation, then the content under one h1.
        let landmarks = tree.filter { ["banner", "main", "navigation", "heading"].contains($0.role) }
        let order = landmarks.map { $0.role == "heading" ? "h\($0.properties["level"] ?? "")" : $0.role }
        #expect(order.starts(with: ["banner", "navigation", "main", "h1"]), "\(path): \(order)")
        #expect(order.filter { $0 == "h1" }.count == 1)
        #expect(tree.first { $0.role == "link" }?.name == "Skip to the content")
        let sections = ["Sends Report", "Campaigns Report", "Webhooks", "Keys"]
        let current = tree.filter { $0.role == "link" && sections.contains($0.name) }.map(\.name)
        #expect(current.starts(with: sections))
    }

    @Test func `on a phone, a table keeps its role, rows and column headers`() throws {
        let tenant = try Self.tenant.get()
        _ = try Self.pages.get()
        let user = try ConsoleUser(tenant.server, width: 390, isPhone: true)
        try user.signIn(tenant.key)
        for (path, headers) in [
            ("/console/sends", ["Started", "Campaign", "Message", "Triggered by", "Destinations", "Send ID"]),
            ("/console/keys", ["Key", "Permissions", "Created", "Expires", "Last used", "State"]),
            ("/console/webhooks", ["Webhook", "URL", "Campaigns", "State", "Last delivery"]),
        ] {
            try user.open(path)
            let tree = try user.page.accessibilityTree()
            #expect(tree.contains { $0.role == "table" })
            #expect(tree.filter { $0.role == "columnheader" }.map(\.name) == headers)
            #expect(tree.filter { $0.role == "row" }.count > 1)
        }
    }

    @Test func `the keyboard reaches all controls, and the focus is visible`() throws {
        let tenant = try Self.tenant.get()
        let user = try ConsoleUser(tenant.server)
        let page = user.page
        try user.open("/console")
        // Browsers set the autofocus when they first render the page, which may be after the load event.
        try page.wait(for: "the focus on the key") { try page.focused == "textbox \"API key\"" }
        for character in tenant.key { try page.press(.character(character)) }
        try page.loading { try page.press(.enter) }
        #expect(try page.title == "Sends Report · sendlog")
        try page.press(.tab)
        #expect(try page.focused == "link \"Skip to the content\"")
        #expect(try page.isVisible("a.skip"))
        try page.press(.enter)
        try page.press(.tab)
        #expect(try page.focused == "combobox \"Campaign\"")
        #expect(try page.style("outline-style", of: "#campaign") == "solid")
        for character in "spring" { try page.press(.character(character)) }
        try page.press(.escape)
        try page.loading { try page.press(.enter) }
        #expect(try page.text(of: "#result") == "44 sends to 129 destinations")
        // Tab through the whole page: the bars of the chart are not tab stops, but their table is.
        var seen: [String] = []
        for _ in 0..<400 {
            try page.press(.tab)
            let focused = try page.focused
            if focused.isEmpty || seen.count > 5 && focused == seen.first { break }
            seen.append(focused)
        }
        #expect(seen.contains("link \"CSV\""))
        #expect(seen.contains { $0.hasPrefix("button \"Copy send ID") })
        #expect(seen.contains { $0.contains("Show as a table") })
        #expect(seen.count < 400)
    }
}
