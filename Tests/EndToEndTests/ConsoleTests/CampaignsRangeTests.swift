import Foundation
import Testing

/// The Campaigns Report of a range of time, and its files.
@Suite struct CampaignsRangeTests {
    private func user(
        hasJavaScript: Bool = true,
        timeZone: String = "Africa/Johannesburg"
    ) throws -> (ConsoleUser, Tenant) {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        try tenant.recordSampleSends()
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript, timeZone: timeZone)
        try user.signIn(tenant.key)
        return (user, tenant)
    }

    /// The sends and destinations of a campaign in a range, counted from the API's search.
    private func counts(_ tenant: Tenant, _ campaign: String, _ from: String, _ to: String) throws -> [Int] {
        let find = #""campaign_id":["\#(campaign)"],"startDeliveryAt":{"$gte":"\#(from)","$lte":"\#(to)"}"#
        let sends = try tenant.search(#"{"find":{\#(find)},"options":{"limit":1000}}"#)["send_logs"].elements
        return [sends.count, sends.compactMap(\.["destinations"].integer).reduce(0, +)]
    }

    @Test(arguments: [true, false])
    func `campaigns of a range have its sends, destinations, and first and last send`(hasJavaScript: Bool) throws {
        let (user, tenant) = try user(hasJavaScript: hasJavaScript)
        let page = user.page
        if !hasJavaScript {
            try user.open("/console/time-zone")
            try page.select("Africa/Johannesburg", in: "select[name=zone]")
            try page.clickAndLoad(.named("Use this zone", role: "button"))
        }
        try user.open("/console/campaigns")
        // Noon in Johannesburg is 10:00 UTC, and the sends start at minutes after 10:00 UTC.
        try page.set("2022-02-01T12:10", in: "#from")
        try page.set("2022-03-10T12:20", in: "#to")
        try page.clickAndLoad(.named("Find", role: "button"))
        let (from, to) = ("2022-02-01T10:10:00Z", "2022-03-10T10:20:59.999Z")
        let ids = try user.texts("table.campaigns td.campaign code")
        #expect(Set(ids) == ["spring", "summer", "5f5a1d8d2e0e4c6c8c0c0c0c"])
        var sums = [0, 0]
        for (row, id) in ids.enumerated() {
            let cells = try user.texts("table.campaigns tbody tr:nth-child(\(row + 1)) td.count").compactMap { Int($0) }
            let counted = try counts(tenant, id, from, to)
            #expect(cells == counted, "\(id)")
            sums = zip(sums, counted).map(+)
            let whole = try counts(tenant, id, "2022-01-01T00:00:00Z", "2022-12-31T00:00:00Z")
            #expect(counted[0] < whole[0])
        }
        #expect(try page.text(of: "#result") == "3 campaigns: \(sums[0]) sends to \(sums[1]) destinations")
        #expect(try page.value(of: "#from") == "2022-02-01T12:10" && page.value(of: "#to") == "2022-03-10T12:20")
        // The range stays when the table is sorted, and in the links to sends.
        try page.clickAndLoad(.selector("th:nth-child(2) a"))
        #expect(try page.url.contains("from=2022-02-01T10:10:00.000Z&to=2022-03-10T10:20:59.999Z"))
        #expect(try page.text(of: "#result").contains("\(sums[0]) sends"))
        let sorted = try user.texts("table.campaigns tbody td.count:nth-child(2)").compactMap { Int($0) }
        #expect(sorted == sorted.sorted(by: >) && sorted.reduce(0, +) == sums[0])
        let first = try #require(try user.texts("table.campaigns td.campaign code").first)
        try page.clickAndLoad("td.campaign a")
        let counted = try counts(tenant, first, from, to)
        #expect(try page.text(of: "#result") == "\(counted[0]) sends to \(counted[1]) destinations")
        try user.expectNoErrors()
    }

    @Test func `a campaign without sends in the range is left out, and naming keeps the range`() throws {
        let (user, tenant) = try user()
        try tenant.record(SampleLog(id: "later", campaign: "later", start: "2023-01-15T12:00:00.000Z"))
        let page = user.page
        try user.open("/console/campaigns?from=2023-01-01&to=2023-01-31")
        #expect(try page.text(of: "#result") == "1 campaign: 1 send to 2 destinations")
        // Each chart has the days of the range.
        #expect(try page.attribute("viewBox", of: "svg.spark") == "0 0 320 100")
        #expect(try page.count(of: "svg.spark rect") == 1)
        try page.click("details.naming summary")
        try page.type("Später", into: "input[name=name]")
        try page.clickAndLoad(.named("Save", role: "button"))
        #expect(try page.text(of: "#result") == "1 campaign: 1 send to 2 destinations")
        #expect(try user.texts("td.campaign .name") == ["Später"])
        try page.paste("SPATER", into: "#search")
        try page.clickAndLoad(.named("Find", role: "button"))
        #expect(try page.text(of: "#result") == "1 campaign: 1 send to 2 destinations")
        #expect(try page.url.contains("from=2022-12-31T22:00:00.000Z&to=2023-01-31T21:59:59.999Z"))
        try page.paste("spring", into: "#search")
        try page.clickAndLoad(.named("Find", role: "button"))
        #expect(try page.text.contains("No campaigns match this search, or none has sends in this range."))
        try page.clickAndLoad(.named("All time", role: "link"))
        #expect(try page.text(of: "#result") == "1 campaign: 44 sends to 129 destinations")
        try user.expectNoErrors()
    }

    @Test func `this month and last month are one click away`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        let calendar = Calendar(identifier: .gregorian)
        let day = calendar.dateComponents(in: .gmt, from: Date()).day ?? 1
        // The middle of this month and of the last one, in every time zone.
        let now = Date().addingTimeInterval(Double(15 - day) * 86_400)
        let before = try #require(calendar.date(byAdding: .month, value: -1, to: now))
        for (id, date) in [("now", now), ("before", before)] {
            let start = date.formatted(.iso8601)
            try tenant.record(SampleLog(id: id, campaign: "of-\(id)", start: start, destinations: ["1"]))
        }
        let user = try ConsoleUser(tenant.server)
        try user.signIn(tenant.key)
        try user.open("/console/campaigns?search=of")
        for (span, id) in [("This month", "of-now"), ("Last month", "of-before")] {
            try user.page.clickAndLoad(.named(span, role: "link"))
            #expect(try user.texts("table.campaigns td.campaign code") == [id])
            // Two ranges can be the same: in a month of 30 days, "Last 30 days" is "This month" on its last day.
            #expect(try user.texts(".spans a[aria-current]").contains(span))
            #expect(try user.page.value(of: "#search") == "of")
        }
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `the files have all campaigns of the search and the range`(hasJavaScript: Bool) throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        try tenant.record(
            (10..<80).map { number in
                let start = "2022-0\(number % 2 + 1)-15T12:00:00.000Z"
                return SampleLog(id: "send-\(number)", campaign: "c-\(number)", start: start, destinations: ["1", "2"])
            }
        )
        let name = Array(#"{"name":"=1+1 \"Sale\""}"#.utf8)
        _ = try tenant.request("PUT", "/campaigns/c-10", body: name).data()
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript, timeZone: "UTC")
        try user.signIn(tenant.key)
        try user.open("/console/campaigns?sort=name&from=2022-01-15T12:00:00Z&to=2022-01-15T12:00:00Z")
        #expect(try user.page.text(of: "#result") == "35 campaigns: 35 sends to 70 destinations")
        let csv = try user.page.download { try user.page.click(.named("CSV", role: "link")) }
        #expect(csv.name == "campaigns.csv")
        let lines = String(decoding: csv.bytes, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines[0] == "_id,name,sends,destinations,firstSendAt,lastSendAt")
        #expect(lines.count == 37 && lines[36].isEmpty)
        let moment = "2022-01-15T12:00:00.000Z"
        // The name sorts before all IDs, and cannot be a formula.
        #expect(lines[1] == #""c-10","'=1+1 ""Sale""",1,2,\#(moment),\#(moment)"#)
        #expect(lines[2] == #""c-12","",1,2,\#(moment),\#(moment)"#)
        let ndjson = try user.page.download { try user.page.click(.named("NDJSON", role: "link")) }
        let rows = try String(decoding: ndjson.bytes, as: UTF8.self).split(separator: "\n").map {
            try JSON(parsing: Array($0.utf8))
        }
        #expect(rows.count == 35 && rows[0]["name"].string == #"=1+1 "Sale""#)
        let all = try tenant.get("/campaigns/c-12").data()
        #expect(rows.first { $0["_id"] == "c-12" } == all)
        try user.expectNoErrors()
        let client = try ConsoleClient(tenant)
        let found = try client.get("/console/campaigns.ndjson?search=c-1")
        #expect(found["x-sendlog-total"] == "10" && found.text.split(separator: "\n").count == 10)
        #expect(try client.get("/console/campaigns.csv?from=soon").status == 400)
        #expect(try client.get("/console/campaigns.csv?page=2").status == 400)
        let reader = try ConsoleClient(NamedCampaigns.tenant(permissions: "sendLog.read"))
        #expect(try reader.get("/console/campaigns.csv").status == 403)
    }

    @Test func `an invalid range gets a message at the form, which keeps it`() throws {
        let (user, _) = try user()
        for (query, message) in [
            ("from=soon", "“from” must be a date"), ("to=2022-02-30", "“to” must be a date"),
            ("from=2022-02-02&to=2022-02-01", "“from” must not be later than “to”."),
        ] {
            try user.open("/console/campaigns?\(query)&search=spring")
            #expect(try user.texts("[role=alert]").joined().contains(message), "\(query)")
            #expect(try user.page.count(of: "table.campaigns") == 0)
            #expect(try user.page.value(of: "#search") == "spring")
        }
    }
}
