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
        let webhook = "/console/webhooks/\(try makeWebhook(of: try tenant.get()))"
        // A long destination without spaces, and a number with doubtful matches.
        let long = try link(to: String(repeating: "9", count: 320))
        let recipient = try link(to: "+27 82 0000 120")
        return [
            "/console/sends", "/console/sends?campaign=spring&from=2022-01-01&to=2022-03-31",
            "/console/campaigns/spring/compare?campaign=summer",
            "/console/sends/long-message", "/console/sends/send-129", "/console/campaigns", "/console/webhooks",
            "/console/webhooks/new", webhook, "\(webhook)/edit", "/console/keys", "/console/time-zone",
            "/console/organisation", "/console/recipients/\(recipient)", "/console/recipients/\(recipient)/print",
            "/console/recipients/\(long)", "/console/sends?recipient=\(long)",
            "/console/sends/long-message?recipient=\(long)",
        ]
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

    @Test(arguments: [("light", 1280, false), ("dark", 1280, false), ("phone", 390, true), ("phone-dark", 320, true)])
    func `each page fits its window, is readable and easy to touch`(name: String, width: Int, isPhone: Bool) throws {
        let tenant = try Self.tenant.get()
        let user = try ConsoleUser(tenant.server, width: width, isPhone: isPhone, isDark: name.contains("dark"))
        try user.open("/console/sign-in")
        try user.expectNoErrors()
        try expectReadable(user, "sign-in")
        try user.saveScreenshot("sign-in-\(name)")
        try user.signIn(tenant.key)
        for path in try Self.pages.get() {
            try user.open(path)
            try user.expectNoErrors()
            try expectReadable(user, path)
            if isPhone { try expectTouchable(user, path) }
            if name == "light" { try expectAccessibleNames(user, path) }
            let file =
                path.replacing(/webhooks\/[0-9a-f]{24}/, with: "webhook").replacing(/\/[0-9a-f]{32}/, with: "")
                .dropFirst(9).replacing("/", with: "-").prefix { $0 != "?" }
                + (path.contains("?") ? "-filtered" : "")
            try user.saveScreenshot("\(file)-\(name)")
        }
        let background = try user.page.style("background-color", of: "html")
        #expect(name.contains("dark") ? background == "rgb(20, 24, 23)" : background == "rgb(251, 251, 249)")
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
            try user.saveScreenshot("report-\(report)", fullPage: false)
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

    /// Expects enough contrast between text and background.
    private func expectReadable(_ user: ConsoleUser, _ path: String) throws {
        // WCAG 2.2, 1.4.3: 4.5 to 1 (https://www.w3.org/TR/WCAG22/#contrast-minimum).
        let lowContrast = try user.page.evaluate(Self.contrast).elements.compactMap(\.string)
        #expect(lowContrast.isEmpty, "\(path): \(lowContrast)")
    }

    private static let contrast = """
        (() => {
            const parse = (c) => (c.match(/[\\d.]+/g) ?? []).map(Number);
            const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
                .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const ground = (e) => {
                for (; e; e = e.parentElement) {
                    const c = parse(getComputedStyle(e).backgroundColor);
                    if (c.length === 3 || c[3] > 0) return c;
                }
                return [255, 255, 255];
            };
            const found = [];
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const e = walk.currentNode.parentElement;
                if (!walk.currentNode.textContent.trim() || !e.checkVisibility({ visibilityProperty: true })) continue;
                if (e.closest('.visually-hidden, .skip, svg, :disabled, option, label:has(:disabled)')) continue;
                const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
                if ((a + 0.05) / (b + 0.05) < 4.5) found.push(walk.currentNode.textContent.trim().slice(0, 40) + ' ' + ((a + 0.05) / (b + 0.05)).toFixed(2));
            }
            return [...new Set(found)];
        })()
        """

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
