import Foundation
import Testing

/// The page of a send in a browser, with its destinations.
@Suite struct SendPageTests {
    private func user(_ logs: [SampleLog], hasJavaScript: Bool = true) throws -> (ConsoleUser, Tenant) {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        try tenant.record(logs)
        let user = try ConsoleUser(tenant.server, hasJavaScript: hasJavaScript)
        try user.signIn(tenant.key)
        return (user, tenant)
    }

    /// Searches the destinations of the send that the page shows.
    private func find(_ text: String, _ user: ConsoleUser) throws {
        try user.page.set(text, in: "#destination")
        try user.page.clickAndLoad(.named("Find", role: "button"))
    }

    private static let long = SampleLog(
        id: "long",
        message: "Hi {{contact.firstname}},\nsecond line",
        destinations: (0..<20_150).map { "2782\(1_000_000 + $0)" } + [
            "a@b.example", "+27 83 000 0001", "=1+1", "x\"y\\z",
        ]
    )

    @Test func `the page shows all fields of a send, and copies them`() throws {
        let (user, tenant) = try user([Self.long])
        let page = user.page
        try user.open("/console/sends?campaign=spring&to=2022-12-31")
        try page.clickAndLoad("table.sends td.when a")
        #expect(try page.attribute("href", of: ".back a") == "/console/sends?campaign=spring&to=2022-12-31")
        #expect(try page.title == "Send long · sendlog")
        let fields = try user.texts("dl.fields dd")
        #expect(fields[0].hasPrefix("2022-01-15 14:00:00"))
        #expect(fields[0].contains("2022-01-15T12:00:00.000Z"))
        #expect(fields[2] == "manual")
        #expect(fields[3] == "20\u{202f}154")
        #expect(try page.text(of: ".message-text") == "Hi {{contact.firstname}},\nsecond line")
        #expect(try page.copied { try page.click(.named("Copy send ID long", role: "button")) } == "long")
        #expect(try page.copied { try page.click(.named("Copy {{send._id}}", role: "button")) } == "{{send._id}}")
        let command = try page.copied { try page.click(.named("Copy the command", role: "button")) }
        let run = try Command("/bin/sh", ["-c", command], environment: ["SENDLOG_KEY": tenant.key]).succeeded()
        #expect(run.output.hasPrefix("{\"ok\":true,\"data\":\(Self.long.listed),\"requestId\":\""))
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `destinations are paged and searched`(hasJavaScript: Bool) throws {
        let (user, _) = try user([Self.long], hasJavaScript: hasJavaScript)
        let page = user.page
        try user.open("/console/sends/long")
        #expect(try user.texts("td.destination") == Array(Self.long.destinations[..<100]))
        try page.type("83", into: "input[name=page]")
        try page.clickAndLoad(.named("Go", role: "button"))
        #expect(try user.texts("td.destination") == Array(Self.long.destinations[8200..<8300]))
        try page.clickAndLoad(.named("Last »", role: "link"))
        #expect(try user.texts("td.destination") == Array(Self.long.destinations[20_100...]))
        for (text, found, position) in [
            ("27821008250", "27821008250", 8251), ("+27 82 100 8250", "27821008250", 8251),
            ("082 100 8250", "27821008250", 8251), ("0027821008250", "27821008250", 8251),
            ("@b.ex", "a@b.example", 20_151),
            ("27830000001", "+27 83 000 0001", 20_152), ("y\\z", "x\"y\\z", 20_154), ("=1", "=1+1", 20_153),
        ] {
            try page.type(text, into: "#destination")
            try page.clickAndLoad(.named("Find", role: "button"))
            // Without a calling code, a number with one leading 0 may be of another country.
            let mark = text.hasPrefix("082") ? " doubtful" : ""
            #expect(try user.texts("td.destination") == [found + mark], "\(text)")
            let shown = try user.texts("table.destinations td.count").first?.filter(\.isNumber)
            #expect(shown == "\(position)")
            #expect(try page.value(of: "#destination") == text)
        }
        try find("2782", user)
        #expect(try page.text(of: "p[role=status]").hasPrefix("20\u{202f}150 destinations of 20\u{202f}154"))
        try find("unknown", user)
        #expect(try page.text.contains("No destinations match."))
        #expect(try page.text.contains("Searched for unknown and for destinations"))
        try user.expectNoErrors()
    }

    @Test(arguments: [true, false])
    func `no URL has what is searched for, and pages and the way back keep it`(hasJavaScript: Bool) throws {
        let list = (0..<250).map { "2783\(1_000_000 + $0)" } + [RecipientPages.number]
        let (user, _) = try user([SampleLog(id: "list", destinations: list)], hasJavaScript: hasJavaScript)
        let page = user.page
        try user.open("/console/sends/list")
        try find(RecipientPages.number, user)
        #expect(try page.url.contains(/\/console\/sends\/list\?recipient=[0-9a-f]{32}/))
        #expect(try page.title == "Send list · sendlog")
        #expect(try user.texts("td.destination") == [RecipientPages.number])
        try page.clickAndLoad("table.destinations td.count a")
        #expect(try user.texts("td.destination") == Array(list[200...]))
        #expect(try page.value(of: "#destination") == RecipientPages.number)
        try page.clickAndLoad(.named("‹ Previous", role: "link"))
        #expect(try user.texts("td.destination") == Array(list[100..<200]))
        try page.type("1", into: "input[name=page]")
        try page.clickAndLoad(.named("Go", role: "button"))
        #expect(try user.texts("td.destination") == Array(list[..<100]))
        #expect(try page.value(of: "#destination") == RecipientPages.number)
        try page.clickAndLoad(.named("‹ Sends Report", role: "link"))
        #expect(try page.value(of: "#recipient") == RecipientPages.number)
        #expect(try page.text(of: "#result") == "1 send to 251 destinations")
        try page.clickAndLoad("table.sends td.when a")
        #expect(try user.texts("td.destination") == [RecipientPages.number])
        try page.clickAndLoad(.named("Show all", role: "link"))
        #expect(try user.texts("td.destination") == Array(list[..<100]))
        try find("", user)
        #expect(try !page.url.contains("recipient"))
        #expect(try user.texts("td.destination") == Array(list[..<100]))
        try user.expectNoErrors()
        try user.expectNoNumber()
    }

    @Test(arguments: [
        ("+27 83 123 4567", "0831234567", "27831234567, 0831234567,", "+27 83 123 4567 or 27831234567", true),
        ("083\u{a0}123\u{2013}4567", "0831234567", "0831234567, …831234567", "or 831234567", false),
        ("tel:+27-84-123-4567", "+27 (0)84 123 4567", "27841234567,", "+27-84-123-4567 or 27841234567", false),
        ("\u{202a}27\u{2011}84/1234567\u{202c}", "+27 (0)84 123 4567", "27841234567,", "or 27841234567", false),
        ("jo@example.com", "Jo@Example.COM", "jo@example.com", "jo@example.com", false),
    ])
    func `a recipient is found in any notation, and the page shows what it searched for`(
        entered: String,
        found: String,
        searched: String,
        parts: String,
        isDoubtful: Bool
    ) throws {
        let log = SampleLog(
            id: "notations",
            destinations: ["0831234567", "+27 (0)84 123 4567", "Jo@Example.COM", "27999999999"]
        )
        let (user, _) = try user([log])
        try user.open("/console/sends/notations")
        try find(entered, user)
        #expect(try user.texts("td.destination") == [isDoubtful ? "\(found) doubtful" : found])
        let text = try user.page.text
        #expect(text.contains("Searched for \(searched)"))
        #expect(text.contains("\(parts)."))
        #expect(text.contains("1 doubtful, because a calling code is missing") == isDoubtful)
        try user.expectNoErrors()
    }

    @Test func `the recipient is shown before destinations that only contain the term`() throws {
        let others = (100..<250).map { "27831234567\($0)" }
        let (user, _) = try user([SampleLog(id: "first", destinations: others + ["27831234567"])])
        try user.open("/console/sends/first")
        try find("+27831234567", user)
        let found = try user.texts("td.destination")
        #expect(found.first == "27831234567" && found.count == 101)
        #expect(try user.page.text.contains("151 destinations of 151 (the first 101 are shown)"))
    }

    @Test(arguments: [true, false])
    func `the list is downloaded in three formats`(hasJavaScript: Bool) throws {
        let (user, _) = try user([Self.long], hasJavaScript: hasJavaScript)
        let page = user.page
        try user.open("/console/sends/long")
        let json = try page.download { try page.click(.named("JSON", role: "link")) }
        #expect(json.name == "long.json")
        #expect(try JSONDecoder().decode([String].self, from: Data(json.bytes)) == Self.long.destinations)
        let ndjson = try page.download { try page.click(.named("NDJSON", role: "link")) }
        let lines = String(decoding: ndjson.bytes, as: UTF8.self).split(separator: "\n")
        #expect(try lines.map { try JSONDecoder().decode(String.self, from: Data($0.utf8)) } == Self.long.destinations)
        let csv = try page.download { try page.click(.named("CSV", role: "link")) }
        let cells = String(decoding: csv.bytes, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(cells.first == "destination")
        #expect(cells[1] == "\"27821000000\"")
        #expect(cells.suffix(5) == ["\"a@b.example\"", "\"'+27 83 000 0001\"", "\"'=1+1\"", "\"x\"\"y\\z\"", ""])
        #expect(cells.count == Self.long.destinations.count + 2)
        try user.expectNoErrors()
    }

    @Test func `a send without destinations says so, and an unknown send gets 404`() throws {
        let (user, tenant) = try user([SampleLog(id: "none", destinations: [])])
        try user.open("/console/sends/none")
        #expect(try user.page.text.contains("This send has no destinations."))
        try user.expectNoErrors()
        let other = try Shared.server.tenant(permissions: "sendLog")
        let stranger = try ConsoleClient(other)
        for path in ["none", "unknown", "a.b", "none/destinations.csv"] {
            let response = try stranger.get("/console/sends/\(path)")
            #expect(response.status == 404)
            #expect(response.text.contains("<h1>Page not found</h1>"))
        }
        #expect(try ConsoleClient(tenant).get("/console/sends/none/destinations.json").text == "[]\n")
    }
}
