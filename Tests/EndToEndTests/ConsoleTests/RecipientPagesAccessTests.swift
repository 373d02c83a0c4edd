import TestSupport
import Testing

/// Who may open the links to recipients, until when, and what the server says of numbers.
@Suite struct RecipientPagesAccessTests {
    private static let expired = "This link to a recipient does not exist or has expired; enter the recipient again."

    private static func paths(_ token: String) -> [String] {
        ["", "/print", "/sends.csv", "/sends.ndjson"].map { "/console/recipients/\(token)\($0)" }
    }

    @Test func `a link is only valid in its organisation, and the same number has another link in each`() throws {
        let (one, other) = (try RecipientPages.tenant(), try RecipientPages.tenant())
        let (client, stranger) = (try ConsoleClient(one), try ConsoleClient(other))
        let token = try RecipientPages.token(RecipientPages.link(client, to: RecipientPages.number))
        #expect(try RecipientPages.token(RecipientPages.link(client, to: " \(RecipientPages.number) ")) == token)
        #expect(try RecipientPages.token(RecipientPages.link(stranger, to: RecipientPages.number)) != token)
        for path in Self.paths(token) {
            #expect(try client.get(path).status == 200, "\(path)")
            let refused = try stranger.get(path)
            #expect(refused.status == 404 && !refused.text.contains("5550101"), "\(path)")
            for text in [Self.expired, "<h1>Link not valid</h1>", "href=\"/console/sends\">Enter the recipient"] {
                #expect(refused.text.contains(text), "\(path)")
            }
        }
        let report = try stranger.get("/console/sends?campaign=spring&recipient=\(token)")
        #expect(report.status == 404 && !report.text.contains("5550101"))
        // The other filters stay.
        #expect(report.text.contains("name=\"campaign\" value=\"spring\""))
        #expect(!report.text.contains(token) && report.text.contains("enter the recipient again"))
        let download = try stranger.get("/console/sends.csv?recipient=\(token)")
        #expect(download.status == 404)
    }

    @Test func `a search in a send has the same link, which is only valid in its organisation`() throws {
        let (one, other) = (try RecipientPages.tenant(), try RecipientPages.tenant())
        let (client, stranger) = (try ConsoleClient(one), try ConsoleClient(other))
        let token = try RecipientPages.token(RecipientPages.link(client, to: RecipientPages.number))
        let send = "/console/sends/send-0"
        let posted = try client.post(send, ["destination": " \(RecipientPages.number) "], from: send)
        #expect(posted.status == 303 && posted["location"] == "\(send)?recipient=\(token)")
        let found = try client.get("\(send)?recipient=\(token)")
        #expect(found.status == 200 && found.text.contains("<bdi>27825550101</bdi>"))
        #expect(!found.text.contains(RecipientPages.other) && found["cache-control"] == "no-store")
        let refused = try stranger.get("\(send)?recipient=\(token)")
        #expect(refused.status == 404)
        #expect(refused.text.contains(Self.expired))
        // The send stays, with the form, and without destinations.
        #expect(refused.text.contains("send-0</code></h1>") && refused.text.contains("name=\"destination\" value=\"\""))
        for text in [RecipientPages.other, "5550101", token] { #expect(!refused.text.contains(text), "\(text)") }
        let number = try client.get("\(send)?recipient=27825550101")
        #expect(number.status == 400 && !number.text.contains("27825550101"))
        #expect(number.text.contains("Enter the recipient in the form.") && number.text.contains("send-0</code></h1>"))
        for (entered, rule) in [
            (String(repeating: "9", count: 321), "The destination must be at most 320 characters long."),
            ("27\u{7}82", "The destination must not contain control characters."),
            ("tel:", "The destination must have more than white space and the scheme of a URI (tel:, mailto:)."),
        ] {
            let refused = try client.post(send, ["destination": entered], from: send)
            #expect(refused.status == 400 && refused.text.contains(rule) && refused["location"] == nil)
            #expect(refused.text.contains("send-0</code></h1>"))
        }
        #expect(try client.post(send, ["destination": " "], from: send)["location"] == send)
        let unknown = try client.post("/console/sends/unknown", ["destination": "27825550101"], from: send)
        #expect(unknown.status == 404 && unknown["location"] == nil)
        let forged = try client.post(send, [("destination", "27825550101")])
        #expect(forged.status == 400 && forged["location"] == nil)
    }

    @Test func `an expired link says so, and the same number gets another one`() throws {
        let tenant = try RecipientPages.tenant(on: Server())
        let client = try ConsoleClient(tenant)
        let link = try RecipientPages.link(client, to: RecipientPages.number, campaign: "spring")
        #expect(try client.get(link).text.contains("20 sends"))
        try tenant.server.executeSQL("UPDATE recipient_links SET expires = 1")
        let expired = try client.get(link)
        #expect(expired.status == 404 && expired.text.contains("has expired; enter the recipient again"))
        #expect(expired.text.contains("name=\"campaign\" value=\"spring\""))
        let send = try client.get("/console/sends/send-0?recipient=\(RecipientPages.token(link))")
        #expect(send.status == 404 && send.text.contains("has expired; enter the recipient again"))
        let again = try RecipientPages.link(client, to: RecipientPages.number, campaign: "spring")
        #expect(again != link)
        #expect(try client.get(again).text.contains("20 sends"))
        #expect(try client.get(link).status == 404)
    }

    @Test func `a link needs sendLog_read, and a form needs its session`() throws {
        let tenant = try RecipientPages.tenant()
        let link = try RecipientPages.link(ConsoleClient(tenant), to: RecipientPages.number)
        let token = try RecipientPages.token(link)
        let key = try tenant.server.key(of: tenant.name, permissions: ["campaign", "webhook", "apiKey"])
        let client = try ConsoleClient(Tenant(server: tenant.server, name: tenant.name, key: key))
        for path in Self.paths(token) + [link, "/console/sends/send-0?recipient=\(token)"] {
            let refused = try client.get(path)
            #expect(refused.status == 403 && refused.text.contains("sendLog.read"), "\(path)")
        }
        let posted = try client.post("/console/sends", ["recipient": "27825550101"], from: "/console/keys")
        #expect(posted.status == 403)
        let fields: KeyValuePairs = ["destination": "27825550101"]
        #expect(try client.post("/console/sends/send-0", fields, from: "/console/keys").status == 403)
        let stranger = ConsoleClient(tenant.server)
        for path in Self.paths(token) { #expect(try stranger.get(path).status == 303, "\(path)") }
        let forged = try ConsoleClient(tenant).post("/console/sends", [("recipient", "27825550101")])
        #expect(forged.status == 400 && forged["location"] == nil)
        #expect(try client.get("/console/recipients/27825550101").status == 403)
        #expect(try ConsoleClient(tenant).get("/console/recipients/27825550101").status == 404)
    }

    @Test func `an invalid form is refused, and keeps what was entered`() throws {
        let tenant = try RecipientPages.tenant()
        let client = try ConsoleClient(tenant)
        for (recipient, rule) in [
            (String(repeating: "9", count: 321), "The recipient must be at most 320 characters long."),
            ("27\u{7}82", "The recipient must not contain control characters."),
        ] {
            let fields: KeyValuePairs = ["recipient": recipient, "campaign": "spring"]
            let refused = try client.post("/console/sends", fields, from: "/console/sends")
            #expect(refused.status == 400 && refused.text.contains(rule))
            #expect(refused.text.contains("name=\"campaign\" value=\"spring\""))
        }
        let fields: KeyValuePairs = ["recipient": RecipientPages.number, "from": "soon"]
        let refused = try client.post("/console/sends", fields, from: "/console/sends")
        #expect(refused.status == 400 && refused.text.contains("“from” must be a date"))
        #expect(refused.text.contains("value=\"\(RecipientPages.number)\""))
        let empty = try client.post("/console/sends", ["recipient": "  ", "rows": "25"], from: "/console/sends")
        #expect(empty["location"] == "/console/sends?rows=25")
        let number = try client.get("/console/sends?recipient=27825550101")
        #expect(number.status == 400 && !number.text.contains("27825550101"))
        #expect(number.text.contains("Enter the recipient in the form."))
    }

    @Test func `pages with numbers are not stored by browsers, and the log has no number`() throws {
        let tenant = try RecipientPages.tenant(on: Server(arguments: ["--log-level", "debug"]))
        let client = try ConsoleClient(tenant)
        let link = try RecipientPages.link(client, to: RecipientPages.number)
        let (token, send) = (try RecipientPages.token(link), "/console/sends/send-0")
        let fields: KeyValuePairs = ["destination": RecipientPages.number]
        let found = try #require(try client.post(send, fields, from: send)["location"])
        for path in Self.paths(token) + [link, "/console/sends.csv?recipient=\(token)", found] {
            let response = try client.get(path)
            #expect(response.status == 200 && response["cache-control"] == "no-store", "\(path)")
            #expect(!response.headers.contains { $0.value.contains("5550101") }, "\(path)")
        }
        _ = try client.get("/console/recipients/\(token)?page=x")
        #expect(try tenant.server.stop() == .code(0))
        let log = tenant.server.log
        #expect(log.contains("POST /console/sends") && log.contains("/console/recipients/:token"))
        #expect(log.contains("POST /console/sends/:send_id") && log.contains("GET /console/sends/:send_id"))
        for digits in ["5550101", "555 0101", token] { #expect(!log.contains(digits)) }
    }

    @Test func `without a recipient index, the report says so and keeps its other filters`() throws {
        let tenant = try RecipientPages.tenant(on: Server(arguments: ["--recipients-index", "off"]))
        let client = try ConsoleClient(tenant)
        let link = try RecipientPages.link(client, to: RecipientPages.number, campaign: "spring")
        let report = try client.get(link)
        #expect(report.status == 503 && report["retry-after"] != nil)
        #expect(report.text.contains("This server has no recipient index"))
        #expect(report.text.contains("name=\"campaign\" value=\"spring\""))
        #expect(report.text.contains("value=\"\(RecipientPages.number)\""))
        for path in try Self.paths(RecipientPages.token(link)) {
            let page = try client.get(path)
            #expect(page.status == 503 && page.text.contains("<h1>Recipient search is off</h1>"), "\(path)")
            #expect(page.text.contains("recipient index") && !page.text.contains("Try again"), "\(path)")
        }
        #expect(try client.get("/console/sends?campaign=spring").status == 200)
        // The list of one send is searched without the index.
        let send = try client.get("/console/sends/send-0?recipient=\(RecipientPages.token(link))")
        #expect(send.status == 200 && send.text.contains("<bdi>27825550101</bdi>"))
    }

    @Test func `texts of senders and recipients with markup are shown as text`() throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        let attack = "<img src=x onerror=alert(1)>\"'{{head}}\u{202e}"
        try tenant.record(
            SampleLog(id: "send-1", campaign: "c", message: attack, triggeredBy: attack, destinations: [attack])
        )
        _ = try tenant.request("PUT", "/campaigns/c", body: Array("{\"name\":\(JSON.text(attack))}".utf8)).data()
        let client = try ConsoleClient(tenant)
        let link = try RecipientPages.link(client, to: attack)
        let token = try RecipientPages.token(link)
        for path in [link] + Self.paths(token).prefix(2) {
            let page = try client.get(path)
            #expect(page.status == 200, "\(path)")
            #expect(page.text.contains("&lt;img src=x onerror=alert(1)&gt;") && page.text.contains("U+202E"), "\(path)")
            #expect(!page.text.contains("<img") && !page.text.contains("\u{202e}<"), "\(path)")
        }
    }
}
