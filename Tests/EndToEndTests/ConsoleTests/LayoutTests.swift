import Foundation
import Testing

/// How the console uses the window: rows of two lines, the full width, and filters that fold on a phone.
@Suite struct LayoutTests {
    private static let tenant = Result {
        let tenant = try Shared.server.tenant(permissions: "*")
        try tenant.recordTypicalSends()
        return tenant
    }

    private func user(width: Int = 1280, hasJavaScript: Bool = true) throws -> ConsoleUser {
        let tenant = try Self.tenant.get()
        let user = try ConsoleUser(tenant.server, width: width, isPhone: width < 500, hasJavaScript: hasJavaScript)
        try user.signIn(tenant.key)
        return user
    }

    /// Returns numbers that a script reads from each row of sends.
    private func rows(_ user: ConsoleUser, _ expression: String) throws -> [Double] {
        try user.page.evaluate("[...document.querySelectorAll('table.sends tbody tr')].map((row) => \(expression))")
            .elements
            .compactMap(\.double)
    }

    @Test(arguments: [true, false])
    func `at least twelve sends are on the first screen, on two lines each`(hasJavaScript: Bool) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        let bottoms = try rows(user, "row.getBoundingClientRect().bottom")
        #expect(bottoms.count == 50)
        #expect(bottoms.filter { $0 <= 900 }.count >= 12, "\(bottoms.prefix(14))")
        let heights = try rows(user, "row.getBoundingClientRect().height")
        #expect(heights.allSatisfy { $0 <= 46 }, "\(heights)")
        // The campaign's name is on one line with its ID, and the reason is on one line.
        #expect(try rows(user, "row.querySelector('.campaign a').getClientRects().length").allSatisfy { $0 == 1 })
        let shift =
            "row.querySelector('.campaign code').getBoundingClientRect().top - row.querySelector('.campaign a').getBoundingClientRect().top"
        #expect(try rows(user, shift).allSatisfy { abs($0) < 8 })
        #expect(try rows(user, "row.querySelector('.why bdi').getBoundingClientRect().height").allSatisfy { $0 < 24 })
    }

    @Test(arguments: [true, false])
    func `ids are shortened to one line, and complete for tooltips, selections, copies and screen readers`(
        hasJavaScript: Bool
    ) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        for (cell, id) in [("id", TypicalSends.longSend), ("campaign", TypicalSends.campaigns[0].id)] {
            let code: Locator = "table.sends tbody tr:first-child td.\(cell) code"
            #expect(try page.attribute("title", of: code) == id)
            let size = try page.call(
                "function() { const { width, height } = this.getBoundingClientRect(); return { width, height }; }",
                on: code
            )
            #expect(try #require(size["height"].double) < 24)
            // 24 characters take more than 150 px.
            #expect(try #require(size["width"].double) < 110)
            try page.click(code)
            #expect(try page.evaluate("getSelection().toString()").plainText == id)
            let texts = try page.accessibilityTree().filter { $0.role == "StaticText" }.map(\.name).joined()
            #expect(texts.contains(id))
            if hasJavaScript {
                let button = "table.sends tbody tr:first-child td.\(cell) button"
                #expect(try page.copied { try page.click(.selector(button)) } == id)
            }
        }
    }

    @Test(arguments: [true, false])
    func `a message takes two lines until it is unfolded, and links to the send if a row has only its beginning`(
        hasJavaScript: Bool
    ) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        let message: Locator = "table.sends tbody tr:first-child .message summary"
        let height = {
            try #require(page.call("function() { return this.getBoundingClientRect().height; }", on: message).double)
        }
        let folded = try height()
        #expect(folded < 40)
        #expect(try !page.isVisible("table.sends tbody tr:first-child .message details a"))
        try page.click(message)
        #expect(try height() > folded + 15)
        // The keyboard folds it as well.
        try page.press(.enter)
        #expect(try height() == folded)
        try page.press(.space)
        #expect(try height() > folded)
        try page.clickAndLoad("table.sends tbody tr:first-child .message details a")
        #expect(try page.url.hasSuffix("/console/sends/\(TypicalSends.longSend)"))
        #expect(try page.text(of: ".message-text") == TypicalSends.longMessage)
    }

    @Test func `a selection in a message does not unfold it`() throws {
        let user = try user()
        let message: Locator = "table.sends tbody tr:first-child .message summary"
        let box = try user.page.call(
            "function() { const { x, y } = this.getBoundingClientRect(); return { x, y }; }",
            on: message
        )
        let (x, y) = (try #require(box["x"].double), try #require(box["y"].double) + 8)
        for (type, x) in [("mousePressed", x + 4), ("mouseMoved", x + 150), ("mouseReleased", x + 150)] {
            let event: JSON = [
                "type": .string(type), "x": .number(x), "y": .number(y), "button": "left", "buttons": 1,
                "clickCount": 1,
            ]
            try user.page.call("Input.dispatchMouseEvent", event)
        }
        #expect(try !user.page.evaluate("getSelection().toString()").plainText.isEmpty)
        #expect(try user.page.attribute("open", of: "table.sends tbody tr:first-child .message details") == nil)
        try user.page.click("h1")
        try user.page.click(message)
        #expect(try user.page.attribute("open", of: "table.sends tbody tr:first-child .message details") != nil)
    }

    @Test(arguments: [(1920, 1860, 1920), (2560, 1860, 1920)])
    func `tables use the width of the window, up to 1,920 px`(width: Int, least: Int, most: Int) throws {
        let user = try user(width: width)
        for path in ["/console/sends", "/console/campaigns", "/console/keys"] {
            try user.open(path)
            let tables = "table.sends, table.campaigns, table.keys"
            let script = "document.querySelector('\(tables)').getBoundingClientRect().width"
            let table = try user.page.evaluate(script)
            let shown = try #require(table.double)
            #expect(shown >= Double(least) && shown <= Double(most), "\(path)")
        }
    }

    @Test(arguments: [true, false])
    func `on a phone, the filter is folded, says that it is set, and the first send is on the first screen`(
        hasJavaScript: Bool
    ) throws {
        let user = try user(width: 390, hasJavaScript: hasJavaScript)
        let page = user.page
        #expect(try #require(rows(user, "row.getBoundingClientRect().top").first) < 700)
        #expect(
            try #require(page.evaluate("document.querySelector('.top').getBoundingClientRect().height").double) < 160
        )
        #expect(try !page.isVisible("#from"))
        #expect(try page.text(of: ".filters > summary") == "Filter")
        try page.call("function() { this.focus(); }", on: ".filters > summary")
        try page.press(.enter)
        #expect(try page.isVisible("#from"))
        try user.open("/console/sends?campaign=\(TypicalSends.campaigns[0].id)&from=2026-09-01&to=2026-10-31")
        let summary = "Filter: 1 campaign, from 2026-09-01 00:00:00 to 2026-10-31 23:59:59"
        #expect(try page.text(of: ".filters > summary") == summary)
        #expect(try !page.isVisible("#from"))
        #expect(try #require(rows(user, "row.getBoundingClientRect().top").first) < 844)
        // A field to correct is shown.
        try user.open("/console/sends?from=soon")
        #expect(try page.isVisible("#from"))
        try user.open("/console/campaigns")
        #expect(try !page.isVisible("#search"))
        try page.click(".filters > summary")
        #expect(try page.isVisible("#search"))
    }

    @Test(arguments: [true, false])
    func `in a wide window, the filter is always shown`(hasJavaScript: Bool) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        for (path, field) in [("/console/sends", "#from"), ("/console/campaigns", "#search")] {
            try user.open(path)
            #expect(try user.page.isVisible(field))
            #expect(try !user.page.isVisible(".filters > summary"))
        }
    }
}
