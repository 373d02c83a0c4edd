import Foundation
import Testing

/// The totals of the Sends Report, and the files with totals by day, week and month.
@Suite struct TotalsTests {
    private struct Row: Equatable {
        let period, from, to: String
        let sends, destinations: Int
    }

    private func rows(_ response: HTTPResponse) throws -> [Row] { try rows(response.body) }

    private func rows(_ csv: [UInt8]) throws -> [Row] {
        let lines = String(decoding: csv, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines.first == "period,from,to,sends,destinations" && lines.last == "")
        return try lines.dropFirst().dropLast().map { line in
            let cells = line.components(separatedBy: ",")
            try #require(cells.count == 5, "\(line)")
            #expect(cells[0].hasPrefix("\"") && cells[0].hasSuffix("\""))
            return Row(
                period: String(cells[0].dropFirst().dropLast()),
                from: cells[1],
                to: cells[2],
                sends: try #require(Int(cells[3])),
                destinations: try #require(Int(cells[4]))
            )
        }
    }

    /// Returns a time, in milliseconds since 1970, as the service writes it.
    private func text(_ milliseconds: Int) -> String {
        let second = Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601)
        return "\(second.dropLast()).\(String(format: "%03d", milliseconds % 1000))Z"
    }

    /// Returns the heading of the Sends Report.
    private func heading(_ client: ConsoleClient, _ query: String = "") throws -> String {
        let page = try client.get("/console/sends?\(query)")
        #expect(page.status == 200)
        return String(try #require(page.text.firstMatch(of: /<h2 id="result">(.*)<\/h2>/)).output.1)
    }

    private func client(zone: String) throws -> (ConsoleClient, Tenant) {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        let client = ConsoleClient(tenant.server)
        #expect(try client.signIn(tenant.key, zone: zone).status == 303)
        return (client, tenant)
    }

    @Test func `the heading has the totals of every filter`() throws {
        let (client, tenant) = try client(zone: "Africa/Johannesburg")
        #expect(try heading(client) == "0 sends to 0 destinations")
        try tenant.record(SampleLog(id: "first", start: "2022-01-01T00:00:00.000Z", destinations: ["27825550101"]))
        #expect(try heading(client) == "1 send to 1 destination")
        try tenant.recordSampleSends()
        #expect(try heading(client) == "131 sends to 385 destinations")
        #expect(try heading(client, "campaign=spring") == "45 sends to 130 destinations")
        #expect(try heading(client, "campaign=spring&campaign=summer&campaign=none") == "88 sends to 257 destinations")
        #expect(try heading(client, "campaign=none") == "0 sends to 0 destinations")
        // Sends 28 to 55 are in February, at 12:28 to 12:55 local time.
        let february = (28..<56).map { $0 % 7 }.reduce(0, +)
        #expect(try heading(client, "from=2022-02-01&to=2022-02-28") == "28 sends to \(february) destinations")
        let cut = "from=2022-02-01T12:29&to=2022-02-28T12:54"
        #expect(try heading(client, cut) == "26 sends to \(february - 28 % 7 - 55 % 7) destinations")
        #expect(try heading(client, cut + "&campaign=spring").hasPrefix("9 sends to "))
        #expect(try heading(client, "from=2022-02-02T12:29:00&to=2022-02-02T12:29") == "1 send to 1 destination")
        // The snapshot of the links.
        try tenant.record(SampleLog(id: "later", start: "2022-02-02T10:29:00.000Z"))
        #expect(try heading(client, "as_of=131") == "131 sends to 385 destinations")
        #expect(try heading(client, cut + "&as_of=131").hasPrefix("26 sends to "))
        #expect(try heading(client, cut).hasPrefix("27 sends to "))
    }

    @Test func `the heading has the totals of a recipient's sends`() throws {
        let client = try ConsoleClient(RecipientPages.tenant())
        let link = try RecipientPages.link(client, to: RecipientPages.number)
        let query = String(try #require(link.split(separator: "?").last))
        #expect(try heading(client, query) == "60 sends to 160 destinations")
        let months = try rows(client.get("/console/totals-by-month.csv?\(query)"))
        #expect(months.map(\.sends).reduce(0, +) == 60)
        #expect(months.map(\.destinations).reduce(0, +) == 160)
        let spring = try rows(client.get("/console/totals-by-day.csv?\(query)&campaign=spring&from=2022-01-05T23:30"))
        #expect(
            try heading(client, "\(query)&campaign=spring&from=2022-01-05T23:30").hasPrefix(
                "\(spring.map(\.sends).reduce(0, +)) sends to \(spring.map(\.destinations).reduce(0, +)) destinations"
            )
        )
        let unknown = "recipient=\(String(repeating: "0", count: 32))"
        #expect(try client.get("/console/totals-by-month.csv?\(unknown)").status == 404)
    }

    @Test(arguments: [true, false])
    func `a user downloads the totals of last month`(hasJavaScript: Bool) throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        let zone = try #require(TimeZone(identifier: "Africa/Johannesburg"))
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = zone
        let month = try #require(calendar.dateInterval(of: .month, for: Date()))
        let last = try #require(calendar.dateInterval(of: .month, for: month.start.addingTimeInterval(-1)))
        // The last moment before the month, its first and its last one, and the first one after it.
        let (begin, end) = (Int(last.start.timeIntervalSince1970) * 1000, Int(last.end.timeIntervalSince1970) * 1000)
        let moments = [begin - 1, begin, end - 1, end].map(text)
        try tenant.record(
            moments.enumerated().map { number, moment in
                let list = (0...number).map { "2782000000\($0)" }
                return SampleLog(id: "send-\(number)", start: moment, destinations: list)
            }
        )
        let user = try ConsoleUser(tenant.server, width: 390, isPhone: true, hasJavaScript: hasJavaScript)
        let page = user.page
        try user.signIn(tenant.key)
        if !hasJavaScript {
            try page.clickAndLoad(".user a[href*=time-zone]")
            try page.select("Africa/Johannesburg", in: "select[name=zone]")
            try page.clickAndLoad(.named("Use this zone", role: "button"))
            try user.open("/console/sends")
        }
        try page.clickAndLoad(.named("Last month", role: "link"))
        #expect(try page.text(of: "#result") == "2 sends to 5 destinations")
        let file = try page.download { try page.click(.named("Totals by month as CSV", role: "link")) }
        #expect(file.name == "totals-by-month.csv")
        let name = String(text(begin + 86_400_000).prefix(7))
        let (from, to) = (moments[1], moments[2])
        #expect(try rows(file.bytes) == [Row(period: name, from: from, to: to, sends: 2, destinations: 5)])
        let days = try page.download { try page.click(.named("Totals by day as NDJSON", role: "link")) }
        let lines = String(decoding: days.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            lines.first?.hasPrefix(#"{"period":"\#(name)-01","from":"\#(from)","to":""#) == true
                && lines.first?.hasSuffix(#"","sends":1,"destinations":2}"#) == true
        )
        try user.expectNoErrors()
        try user.saveScreenshot("totals\(hasJavaScript ? "" : "-plain")", fullPage: false)
    }

    @Test func `files have the days, weeks and months with sends, cut by the filter`() throws {
        let (client, tenant) = try client(zone: "Africa/Johannesburg")
        try tenant.recordSampleSends()
        let months = try rows(client.get("/console/totals-by-month.csv"))
        #expect(months.map(\.period) == ["2022-01", "2022-02", "2022-03", "2022-04", "2022-05"])
        #expect(months.map(\.sends) == [28, 28, 28, 28, 18])
        #expect(months[1].from == "2022-01-31T22:00:00.000Z" && months[1].to == "2022-02-28T21:59:59.999Z")
        let weeks = try rows(client.get("/console/totals-by-week.csv?campaign=spring"))
        #expect(weeks.first?.period == "2021-12-27" && weeks.first?.from == "2021-12-26T22:00:00.000Z")
        #expect(weeks.map(\.sends).reduce(0, +) == 44 && weeks.map(\.destinations).reduce(0, +) == 129)
        let query = "from=2022-02-10T12:37&to=2022-02-12T12:38:59"
        let response = try client.get("/console/totals-by-day.csv?\(query)&as_of=130")
        #expect(
            try rows(response) == [
                Row(
                    period: "2022-02-10",
                    from: "2022-02-10T10:37:00.000Z",
                    to: "2022-02-10T21:59:59.999Z",
                    sends: 1,
                    destinations: 37 % 7
                ),
                Row(
                    period: "2022-02-11",
                    from: "2022-02-10T22:00:00.000Z",
                    to: "2022-02-11T21:59:59.999Z",
                    sends: 1,
                    destinations: 38 % 7
                ),
            ]
        )
        #expect(response["content-type"] == "text/csv; charset=utf-8; header=present")
        #expect(response["content-disposition"] == "attachment; filename=\"totals-by-day.csv\"")
        #expect(response["x-sendlog-as-of"] == "130" && response["x-sendlog-total"] == nil)
        let nothing = try client.get("/console/totals-by-day.csv?from=2023-01-01")
        #expect(try rows(nothing) == [])
        #expect(try client.get("/console/totals-by-week.ndjson?campaign=none").body == [])
        // Of another organisation there is nothing.
        let (other, _) = try self.client(zone: "Africa/Johannesburg")
        #expect(try rows(other.get("/console/totals-by-month.csv")) == [])
    }

    @Test(arguments: [
        "UTC", "Africa/Johannesburg", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
        "Pacific/Kwajalein", "America/Sao_Paulo", "America/St_Johns", "Asia/Kathmandu", "Antarctica/Troll",
    ])
    func `the totals of the periods of a zone add up to the totals of the report`(zone: String) throws {
        let (client, tenant) = try client(zone: zone)
        // Half hours around changes of clocks, and the ends of the calendar.
        let begins = [
            "2011-12-29T06:00:00Z", "1993-08-20T06:00:00Z", "2022-03-26T20:00:00Z", "2022-10-01T10:00:00Z",
            "2018-11-03T22:00:00Z", "2006-10-28T22:00:00Z", "1985-12-31T12:00:00Z", "2022-10-29T20:00:00Z",
        ]
        var logs = [
            SampleLog(id: "first", start: "0000-01-01T00:00:00.000Z", destinations: ["1"]),
            SampleLog(id: "last", start: "9999-12-31T23:59:59.999Z", destinations: ["1"]),
        ]
        for begin in begins {
            let first = Int(try Date(begin, strategy: .iso8601).timeIntervalSince1970) * 1000
            for half in 0..<80 {
                let start = first + half * 1_800_000 - half % 2
                let id = "send-\(logs.count)"
                let list = (0..<half % 3).map(String.init)
                logs.append(SampleLog(id: id, start: text(start), destinations: list))
            }
        }
        try tenant.record(logs)
        let sums = (logs.count, logs.map(\.destinations.count).reduce(0, +))
        for unit in ["day", "week", "month"] {
            let rows = try rows(client.get("/console/totals-by-\(unit).csv"))
            #expect(
                rows.map(\.sends).reduce(0, +) == sums.0 && rows.map(\.destinations).reduce(0, +) == sums.1,
                "\(unit)"
            )
            #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.period < $1.period && $0.to < $1.from }, "\(unit)")
            // Each row has what the report shows for its time.
            for row in rows.dropFirst().prefix(8) {
                let heading = try heading(client, "from=\(row.from)&to=\(row.to)")
                #expect(heading.hasPrefix("\(row.sends) send") && heading.contains(" to \(row.destinations) dest"))
            }
            let skipped = ["Pacific/Apia": "2011-12-30", "Pacific/Kwajalein": "1993-08-21"][zone]
            #expect(!rows.contains { $0.period == skipped })
        }
    }
}
