import Foundation
import TestSupport
import Testing

/// Times of the Sends Report where clocks change: its pages, links, files and forms have the same sends.
@Suite struct TimesTests {
    private static let times = Result {
        let tenant = try Shared.server.tenant(permissions: "*")
        // Every minute of the hour that clocks in Berlin show twice, and of the hours before and after it.
        let begin = try milliseconds("2022-10-29T23:00:00Z")
        try tenant.record(
            (0..<240).map { minute in
                SampleLog(
                    id: "twice-\(minute)",
                    start: text(begin + Int64(minute) * 60_000),
                    destinations: ["27821234567"]
                )
            }
        )
        // Every ten minutes around the hour that they skip.
        let spring = try milliseconds("2022-03-26T23:05:00Z")
        try tenant.record(
            (0..<24).map { number in
                SampleLog(id: "skipped-\(number)", campaign: "summer", start: text(spring + Int64(number) * 600_000))
            }
        )
        return tenant
    }

    /// Parses a time, in milliseconds since 1970.
    private static func milliseconds(_ text: String) throws -> Int64 {
        Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970) * 1000
    }

    /// Returns a time as the service writes it.
    private static func text(_ milliseconds: Int64) -> String {
        let seconds = Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601).dropLast()
        return "\(seconds).\(String(format: "%03d", milliseconds % 1000))Z"
    }

    private func user(hasJavaScript: Bool = true) throws -> ConsoleUser {
        let tenant = try Self.times.get()
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript, timeZone: "Europe/Berlin")
        try user.signIn(tenant.key)
        if !hasJavaScript {
            try user.open("/console/time-zone")
            try user.page.select("Europe/Berlin", in: "select[name=zone]")
            try user.page.clickAndLoad(.named("Use this zone", role: "button"))
        }
        return user
    }

    /// Expects the sends of a page, and that all times in its links and hidden fields are moments in UTC.
    private func expect(_ sends: Int, _ user: ConsoleUser, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let result = try user.page.text(of: "#result")
        #expect(result.hasPrefix("\(sends) sends to "), "\(result)", sourceLocation: sourceLocation)
        let links = try user.page.evaluate(
            "[...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))"
        )
        let hidden = try user.page.evaluate(
            "[...document.querySelectorAll('input[type=hidden]')].map((i) => `?${i.name}=${i.value}`)"
        )
        let parameter = /[?&](?:shown_)?(?:from|to)=([^&#]*)/
        let times = (links.elements + hidden.elements).compactMap(\.string).flatMap { text in
            text.matches(of: parameter).map { String($0.output.1) }
        }
        let local = try times.filter { try /[0-9-]{10}T[0-9:.]{12}Z/.wholeMatch(in: $0) == nil }
        #expect(times.count > 20 && local.isEmpty, "\(local)", sourceLocation: sourceLocation)
    }

    @Test(arguments: [true, false])
    func `in an hour that clocks show twice, all pages, files and forms have the same sends`(
        hasJavaScript: Bool
    ) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        // The second of the two hours.
        try user.open("/console/sends?campaign=spring&from=2022-10-30T01:00:00Z&to=2022-10-30T01:59:59.999Z")
        try expect(60, user)
        #expect(try page.value(of: "#from") == "2022-10-30T02:00" && page.value(of: "#to") == "2022-10-30T02:59")
        let note = "Clocks in Europe/Berlin showed 2022-10-30 02:00 twice. The range begins at the second (UTC+01:00)."
        #expect(try page.text(of: "#from-note").hasPrefix(note))
        #expect(try page.attribute("aria-describedby", of: "#from") == "from-note")
        #expect(try page.text(of: "#to-note").contains("The range ends at the second (UTC+01:00)."))
        try user.saveScreenshot("sends-twice-\(hasJavaScript)")
        let csv = try page.download { try page.click(.named("CSV", role: "link")) }
        let lines = String(decoding: csv.bytes, as: UTF8.self).components(separatedBy: "\r\n").dropFirst().dropLast()
        #expect(lines.count == 60)
        let ndjson = try page.download { try page.click(.named("NDJSON", role: "link")) }
        #expect(ndjson.bytes.count { $0 == UInt8(ascii: "\n") } == 60)
        try page.clickAndLoad(.named("Next ›", role: "link"))
        try expect(60, user)
        #expect(try page.count(of: "table.sends tbody tr") == 10)
        try page.type("1", into: "input[name=page]")
        try page.clickAndLoad(.named("Go", role: "button"))
        try expect(60, user)
        // The form is submitted as it is shown.
        try page.clickAndLoad(.named("Filter", role: "button"))
        try expect(60, user)
        try page.clickAndLoad(".chip")
        try expect(60, user)
        #expect(try !page.exists(".chip") && !page.exists("input[name=campaign][type=hidden]"))
        try page.clickAndLoad("svg.chart a")
        try expect(60, user)
        try page.clickAndLoad("#from-note a")
        try expect(120, user)
        #expect(try page.text(of: "#from-note").contains("The range begins at the first (UTC+02:00)."))
        // A time that is entered means the first at the start of a range, and the second at its end.
        try page.set("2022-10-30T02:30", in: "#from")
        try page.set("2022-10-30T02:30", in: "#to")
        try page.clickAndLoad(.named("Filter", role: "button"))
        try expect(61, user)
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `in an hour that clocks skip, the filter agrees with the times that are shown`(hasJavaScript: Bool) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        try user.open("/console/sends?campaign=summer")
        let all = try user.texts("table.sends td.when")
        #expect(all.count == 24 && !all.contains { $0.contains(" 02:") })
        for (from, to, entered, rule) in [
            ("2022-03-27T02:30", "", "skipped 2022-03-27 02:30. The range begins at 2022-03-27 03:00.", "from-note"),
            ("", "2022-03-27T02:30", "skipped 2022-03-27 02:30. The range ends at 2022-03-27 01:59.", "to-note"),
        ] {
            try page.set(from, in: "#from")
            try page.set(to, in: "#to")
            try page.clickAndLoad(.named("Filter", role: "button"))
            #expect(try page.text(of: "#\(rule)").hasSuffix(entered))
            let times = try user.texts("table.sends td.when")
            #expect(times == all.filter { from.isEmpty ? $0 < "2022-03-27 02:30" : $0 > "2022-03-27 02:30" })
            #expect(try page.value(of: "#from") == (from.isEmpty ? "" : "2022-03-27T03:00"))
            #expect(try page.value(of: "#to") == (to.isEmpty ? "" : "2022-03-27T01:59"))
            try page.clickAndLoad(.named("Filter", role: "button"))
            #expect(try user.texts("table.sends td.when") == times)
        }
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `the page that compares recipients keeps the range of the report`(hasJavaScript: Bool) throws {
        let user = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        try user.open("/console/sends?campaign=spring&from=2022-10-30T01:00:00Z&to=2022-10-30T01:59:59.999Z")
        try page.clickAndLoad(.named("Compare", role: "link"))
        #expect(try page.value(of: "#from") == "2022-10-30T02:00" && page.value(of: "#to") == "2022-10-30T02:59")
        #expect(try page.text.contains("The range begins at the second (UTC+01:00)."))
        try page.set("2022-10-30T02:00", in: "#other_from")
        try page.clickAndLoad(.named("Compare", role: "button"))
        let file = try #require(try page.attribute("href", of: ".files a"))
        #expect(file.contains("from=2022-10-30T01:00:00.000Z&to=2022-10-30T01:59:59.999Z"))
        #expect(file.contains("other_from=2022-10-30T00:00:00.000Z"))
        // The other range was read as the first of the two hours; it stays so.
        try page.clickAndLoad(.named("Compare", role: "button"))
        #expect(try page.attribute("href", of: ".files a") == file)
        try page.clickAndLoad(.named("Sends", role: "link"))
        try expect(60, user)
        try user.expectNoErrors()
    }

    @Test func `if only dates are filtered, no campaign is shown, and no empty field is sent`() throws {
        let user = try user()
        for query in [
            "from=2022-01-01", "to=2022-12-31", "from=2022-01-01&to=2022-12-31&rows=25", "page=2", "campain=a",
        ] {
            try user.open("/console/sends?\(query)")
            #expect(try !user.page.exists(".chip"), "\(query)")
            #expect(try !user.page.exists("input[type=hidden][value='']"), "\(query)")
            #expect(try !user.page.exists("a[href=''], a:not([href])"), "\(query)")
        }
        try user.open("/console/sends?from=2022-01-01&campaign=spring&campaign=summer")
        #expect(try user.texts(".chip code") == ["spring", "summer"])
        try user.page.clickAndLoad(.named("Filter", role: "button"))
        #expect(try user.texts(".chip code") == ["spring", "summer"])
    }

    // MARK: - Charts in time zones

    /// Time zones, and days around a change of their clocks.
    private static let changes = [
        ("Europe/Berlin", "2022-10-29", "2022-10-31"), ("Europe/Berlin", "2022-03-26", "2022-03-28"),
        ("America/New_York", "2022-11-05", "2022-11-07"), ("Australia/Lord_Howe", "2022-04-02", "2022-04-04"),
        ("Pacific/Apia", "2011-12-28", "2012-01-01"), ("Africa/Casablanca", "2022-03-26", "2022-03-28"),
        ("America/Sao_Paulo", "2018-11-03", "2018-11-05"), ("America/Sao_Paulo", "2018-02-16", "2018-02-19"),
        ("Pacific/Kwajalein", "1993-08-19", "1993-08-23"), ("Asia/Kathmandu", "1985-12-30", "1986-01-02"),
        ("Antarctica/Troll", "2022-03-26", "2022-03-28"), ("America/St_Johns", "2010-11-05", "2010-11-08"),
    ]

    private static let around = Result {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        let days = Set(changes.map { "\($0.1)T00:00:00Z" })
        try tenant.record(
            try days.sorted().enumerated().flatMap { index, day in
                let begin = try milliseconds(day) - 86_400_000
                return (0..<6 * 72).map { number in
                    SampleLog(
                        id: "around-\(index)-\(number)",
                        start: text(begin + Int64(number) * 1_200_000),
                        destinations: Array(repeating: "27821234567", count: number % 3)
                    )
                }
            }
        )
        return tenant
    }

    /// Returns the number of sends and destinations that the heading of a page shows.
    private func totals(_ page: HTTPResponse) throws -> [Int] {
        let heading = try #require(page.text.firstMatch(of: /<h2 id="result">([^<]*)<\/h2>/)?.output.1)
        return heading.replacing("\u{202f}", with: "").split(separator: " ").compactMap { Int($0) }
    }

    /// Expects that the link of each bar finds what the bar counts, and returns the bars, oldest first.
    private func bars(
        _ page: HTTPResponse,
        _ client: ConsoleClient
    ) throws -> [(title: String, counts: [Int])] {
        let row = /<tr><th scope=row><a href="([^"]*)">([^<]*)<\/a><td class=count>([^<]*)<td class=count>([^<]*)\n/
        var bars: [(title: String, counts: [Int])] = []
        for match in page.text.matches(of: row).reversed() {
            let link = String(match.output.1).replacing("&amp;", with: "&")
            let counts = [match.output.3, match.output.4].compactMap { Int($0.replacing("\u{202f}", with: "")) }
            #expect(try totals(client.get(link)) == counts, "\(link)")
            bars.append((String(match.output.2), counts))
        }
        return bars
    }

    @Test(arguments: changes)
    func `each bar is a day of the user, and its link has the sends that it counts`(
        zone: String,
        from: String,
        to: String
    ) throws {
        let tenant = try Self.around.get()
        let client = ConsoleClient(tenant.server)
        #expect(try client.signIn(tenant.key, zone: zone).status == 303)
        for query in [
            "from=\(from)&to=\(to)", "from=\(from)T10:30&to=\(to)T13:15", "campaign=spring&from=\(from)&to=\(to)",
        ] {
            let page = try client.get("/console/sends?\(query)")
            #expect(page.text.contains("one bar per day in \(zone);"))
            let bars = try bars(page, client)
            #expect(bars.count >= 3)
            let sums = bars.reduce([0, 0]) { [$0[0] + $1.counts[0], $0[1] + $1.counts[1]] }
            #expect(try totals(page) == sums, "\(zone) \(query)")
            #expect(bars.first?.title.hasSuffix("(in part)") == query.contains("T10:30"))
        }
    }

    @Test func `days in UTC are drawn if the user's days would take too long to count`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        let begin = try Self.milliseconds("2022-05-01T00:00:00Z")
        // The days of Tarawa begin in the middle of days in UTC: half of the sends would be read.
        for batch in 0..<5 {
            try tenant.record(
                (0..<22_000).map { number in
                    let start = begin + Int64(batch * 22_000 + number) * 2000
                    return SampleLog(id: "many-\(batch)-\(number)", start: Self.text(start), destinations: ["1"])
                }
            )
        }
        let client = ConsoleClient(tenant.server)
        #expect(try client.signIn(tenant.key, zone: "Pacific/Tarawa").status == 303)
        // The filter cuts the first and the last of four days in UTC, of which three have sends.
        for query in ["", "?from=2022-05-01T00:30&to=2022-05-04T11:00"] {
            let page = try client.get("/console/sends\(query)")
            let reason = "because there are too many sends to count days in Pacific/Tarawa;"
            #expect(page.text.contains("one bar per day in UTC, \(reason)"))
            #expect(page.text.contains("<th scope=\"col\">Period (UTC)</th>"))
            #expect(try bars(page, client).map(\.title) == ["1 May 2022", "2 May 2022", "3 May 2022"])
        }
        let part = try client.get("/console/sends?from=2022-05-01T15:00&to=2022-05-01T18:00")
        #expect(part.text.contains("one bar per day in Pacific/Tarawa;"))
    }
}
