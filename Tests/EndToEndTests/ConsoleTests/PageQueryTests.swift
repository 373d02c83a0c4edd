import Testing

/// Query parameters of the console's pages: none is ignored.
@Suite struct PageQueryTests {
    @Test func `an unknown, repeated or invalid parameter gets an error page that names it`() throws {
        let tenant = try WebhookPages.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let webhook = try WebhookPages.webhook(tenant, "https://receiver.example/hook", name: "orders")
        let client = try ConsoleClient(tenant)
        let (send, none) = ("/console/sends/send-1", String(repeating: "0", count: 32))
        for (target, message) in [
            ("/console?a=1", "The parameter “a” is unknown."),
            ("/console/campaigns?serch=a", "The parameter “serch” is unknown. Did you mean “search”?"),
            ("/console/campaigns?search=a&search=b", "“search” must be given only once."),
            ("/console/campaigns?sort=size", "“sort” must be one of lastSendAt, firstSendAt, sends,"),
            ("/console/campaigns?sort=-", "“sort” must be one of"),
            ("/console/campaigns?page=0", "“page” must be a number from 1, not “0”."),
            ("/console/campaigns.json?serch=a", "Did you mean “search”?"),
            ("\(send)?destination=27", "The parameter “destination” is unknown."),
            ("\(send)?recipent=\(none)", "Did you mean “recipient”?"), ("\(send)?page=x", "“page” must be a number"),
            ("\(send)?recipient=\(none)&page=99999999999999999999", "“page” must be a number"),
            ("\(send)?recipient=27821234567", "“recipient” must be the token of a link."),
            ("\(send)/destinations.csv?page=2", "The parameter “page” is unknown."),
            ("/console/sends.csv?campain=a", "Did you mean “campaign”?"),
            ("/console/sends.ndjson?from=2022-01-01&from=2022-01-02", "“from” must be given only once."),
            ("/console/totals-by-day.csv?campain=a", "Did you mean “campaign”?"),
            ("/console/totals-by-week.ndjson?from=soon", "“from” must be a date"),
            ("/console/totals-by-month.csv?from=2022-01-02&to=2022-01-01", "“from” must not be later than “to”."),
            ("/console/totals-by-day.ndjson?recipient=27821234567", "“recipient” must be the token of a link."),
            ("/console/webhooks?state=failed", "The parameter “state” is unknown."),
            ("/console/webhooks/new?url=https://a.example", "The parameter “url” is unknown."),
            ("\(webhook)/edit?name=a", "The parameter “name” is unknown."),
            ("\(webhook)?states=failed", "Did you mean “state”?"),
            ("\(webhook)?state=lost", "“state” must be one of waiting, delivered, failed, not “lost”."),
            ("\(webhook)?before=x", "“before” must be the ID of a delivery, such as 1042, not “x”."),
            ("\(webhook)?attempted=-1", "“attempted” must be the ID of a delivery"),
            ("/console/organisation?saved=2", "“saved” must be 1, not “2”."),
            ("/console/recipients/\(none)?pag=1", "Did you mean “page”?"),
            ("/console/recipients/\(none)?page=0", "“page” must be a number from 1"),
            ("/console/recipients/\(none)?as_of=x", "“as_of” must be a number from 0"),
            ("/console/recipients/\(none)/print?page=1", "The parameter “page” is unknown."),
            ("/console/recipients/\(none)/sends.csv?as_of=1", "The parameter “as_of” is unknown."),
            ("/console/keys?page=1", "The parameter “page” is unknown."),
            ("/console/time-zone?zone=UTC", "The parameter “zone” is unknown."),
            ("/console/sign-in?nxt=%2Fconsole%2Fkeys", "Did you mean “next”?"),
            ("/console/keys?%3Cb%3E", "The parameter “&lt;b&gt;” is unknown."),
        ] {
            let response = try client.get(target)
            #expect(response.status == 400, "\(target): \(response.status)")
            #expect(response.text.contains(message), "\(target): \(response.text)")
            #expect(response["content-type"]?.hasPrefix("text/html") == true, "\(target)")
        }
        let report = try client.get("/console/sends?from=2022-01-01&from=2022-01-02")
        #expect(report.status == 400 && report.text.contains("“from” must be given only once."))
    }

    @Test func `valid and empty parameters are accepted`() throws {
        let tenant = try WebhookPages.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let webhook = try WebhookPages.webhook(tenant, "https://receiver.example/hook", name: "orders")
        let client = try ConsoleClient(tenant)
        for target in [
            "/console/campaigns?search=&sort=&page=", "/console/campaigns?search=a&sort=-name&page=2",
            "/console/campaigns.json?search=a", "/console/sends?campaign=a&campaign=b&from=&to=&rows=25",
            "/console/sends/send-1?recipient=", "/console/sends/send-1?page=1", "/console/sends/send-1?page=99",
            "\(webhook)?state=failed&before=1042", "\(webhook)?attempted=1042", "/console/time-zone?next=/console/keys",
        ] {
            let response = try client.get(target)
            #expect(response.status == 200, "\(target): \(response.status) \(response.text)")
        }
    }

    @Test func `a form is refused if its address has a parameter, and changes nothing`() throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        let client = try ConsoleClient(tenant)
        let fields: KeyValuePairs = ["name": "second", "permission": "sendLog.read"]
        let refused = try client.post("/console/keys?name=third", fields, from: "/console/keys")
        #expect(refused.status == 400)
        #expect(refused.text.contains("The parameter “name” is unknown."))
        #expect(try !client.get("/console/keys").text.contains("second"))
        let out = try client.post("/console/sign-out?all=1", [:], from: "/console/keys")
        #expect(out.status == 400)
        #expect(try client.get("/console/keys").status == 200)
        #expect(try ConsoleClient(tenant.server).get("/console/keys?a=1").status == 303, "without a session")
    }
}
