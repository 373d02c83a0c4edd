import Testing

/// The chart of the Sends Report beside sends that are far away in time, or far larger than all others.
@Suite struct ChartOutlierTests {
    private func user(isPhone: Bool = false, _ logs: SampleLog...) throws -> ConsoleUser {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        try tenant.recordSampleSends()
        try tenant.record(logs)
        let user = try ConsoleUser(tenant.server, width: isPhone ? 390 : 1280, isPhone: isPhone)
        try user.signIn(tenant.key)
        return user
    }

    @Test(arguments: [("2098-12-31T23:00:00.000Z", "1 Jan 2099"), ("1970-01-01T00:00:00.000Z", "1 Jan 1970")])
    func `a send dated far away is not in the chart, and a note links to it`(start: String, day: String) throws {
        let user = try user(SampleLog(id: "stray", start: start))
        let page = user.page
        #expect(try page.count(of: "svg.chart a") == 21)
        #expect(try page.text(of: ".over-time").contains("one bar per week"))
        #expect(try page.text(of: ".outliers") == "1 send on \(day) is not in the chart.")
        try user.saveScreenshot("sends-outlier-in-time")
        try page.clickAndLoad(".outliers a")
        #expect(try user.texts("table.sends td.id code") == ["stray"])
        #expect(try page.count(of: "svg.chart a") == 1 && !page.exists(".outliers"))
        try user.expectNoErrors()
        // The campaign's sparkline is not one thin bar either.
        try user.open("/console/campaigns")
        #expect(try page.count(of: "svg.spark rect") > 30)
    }

    @Test func `several sends left out are counted, with their first and last day`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog")
        for part in 0..<2 {
            try tenant.record(
                (0..<100).map { SampleLog(id: "usual-\(part)-\($0)", start: "2022-01-\(10 + $0 % 20)T12:00:00.000Z") }
            )
        }
        try tenant.record([
            SampleLog(id: "a", start: "2099-01-01T12:00:00.000Z"),
            SampleLog(id: "b", start: "2100-02-04T12:00:00.000Z"),
        ])
        let user = try ConsoleUser(tenant.server)
        try user.signIn(tenant.key)
        #expect(try user.page.text(of: ".outliers") == "2 sends from 1 Jan 2099 to 4 Feb 2100 are not in the chart.")
        #expect(try user.page.text(of: ".over-time").contains("one bar per day"))
        try user.page.clickAndLoad(".outliers a")
        #expect(try user.texts("table.sends td.id code") == ["b", "a"])
    }

    @Test(arguments: [false, true])
    func `a very large send is cut, and all other bars stay readable`(isPhone: Bool) throws {
        let list = (0..<50_000).map { "2782\(1_000_000 + $0)" }
        let user = try user(
            isPhone: isPhone,
            SampleLog(id: "large", start: "2022-03-01T12:00:00.000Z", destinations: list)
        )
        let page = user.page
        let heights = try page.evaluate(
            "[...document.querySelectorAll('svg.chart rect.destinations')].map((r) => Number(r.getAttribute('height')))"
        ).elements.compactMap(\.integer)
        #expect(heights.count == 21 && heights.filter { $0 > 8 }.count > 15, "\(heights)")
        #expect(try page.count(of: "svg.chart path.cut") == 1)
        #expect(
            try page.text(of: ".over-time .legend").contains("bars with a gap are cut, and the table has their values")
        )
        #expect(try page.text(of: ".over-time .legend").contains("destinations, at most 50\u{202f}0"))
        let title = try page.evaluate(
            "document.querySelector('svg.chart a:has(path.cut) title').textContent"
        ).plainText
        #expect(title.contains("50\u{202f}0"))
        // The scale is text, beside the bars, and within the window.
        let labels = try user.texts(".scale span")
        #expect(labels.count == 5 && labels[2] == "0")
        #expect(labels.allSatisfy { $0.isEmpty || Int($0) != nil }, "\(labels)")
        let ends = try page.evaluate(
            """
            (() => {
                const chart = document.querySelector('svg.chart').getBoundingClientRect();
                const labels = [...document.querySelectorAll('.scale span')].filter((e) => e.innerText);
                return labels.map((e) => e.getBoundingClientRect())
                    .every((b) => b.left >= 0 && b.right <= chart.left && b.top >= chart.top - 1 && b.bottom <= chart.bottom + 1);
            })()
            """
        )
        #expect(ends.isTrue)
        try user.saveScreenshot("sends-outlier-in-size\(isPhone ? "-phone" : "")")
        try user.expectNoErrors()
        try page.click("details.as-table summary")
        #expect(try user.texts("details.as-table td:nth-child(3)").contains { $0.hasPrefix("50\u{202f}0") })
    }
}
