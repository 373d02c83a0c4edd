import Testing

/// Fields of a send log, separation of organisations, and permissions.
@Suite struct DefinitionsTests {
    @Test func `a response has the fields of a send log in the order of the document`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1", destinations: ["27821234567", "27831234567", "27841234567"])
        // The request has another order of fields than the response.
        let body = """
            {"destinations":["27821234567","27831234567","27841234567"],"startDeliveryAt":"2022-01-15T12:00:00.000Z",
            "triggeredBy":"manual","message":"Hi {{contact.firstname}}","campaign_id":"spring","_id":"send-1"}
            """
        let created = try tenant.post("/send-logs", body)
        #expect(created.dataText == log.counted)
        #expect(try tenant.get("/send-logs/send-1").dataText == log.counted)
        let listed = try tenant.get("/send-logs/send-1?group_destinations=list")
        #expect(listed.dataText == log.listed)
        let found = try tenant.post("/send-logs/search", "{}")
        #expect(found.text.hasPrefix(#"{"ok":true,"data":{"total":1,"send_logs":[\#(log.counted)],"parsed":{"#))
    }

    @Test(
        arguments: [
            "Hi {{contact.firstname}}, your balance is {{#if x}}R {{x}}{{/if}}", #"She said: "yes" \o/ C:\temp"#,
            "line one\nline two\r\n\ttabbed", "🎉 Gefeliciteerd, môre! 你好 \u{202e}", "</script><b>&amp;", "",
            "{\"a\":1}",
            "nul \u{0} and \u{1b} escape",
        ]
    )
    func `a message is stored as sent, with its template unresolved`(message: String) throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1", message: message))
        #expect(try tenant.get("/send-logs/send-1").data()["message"].string == message)
    }

    @Test func `another organisation's id gets the same response as an unknown id`() throws {
        let (owner, stranger) = (try Shared.server.tenant(), try Shared.server.tenant())
        try owner.record(SampleLog(id: "send-1"))
        for query in ["", "?group_destinations=list", "?group_destinations=count"] {
            let foreign = try stranger.get("/send-logs/send-1\(query)")
            let unknown = try stranger.get("/send-logs/send-2\(query)")
            try expectFailure(foreign, 404, "resource_not_found")
            #expect(foreign.textWithoutID.replacing("send-1", with: "send-2") == unknown.textWithoutID)
            #expect(foreign.headers.map(\.name) == unknown.headers.map(\.name))
        }
        #expect(try stranger.search(#"{"find":{"campaign_id":["spring"]}}"#)["total"] == 0)
    }

    @Test func `two organisations may use the same ids for different sends`() throws {
        let (one, other) = (try Shared.server.tenant(), try Shared.server.tenant())
        let (ours, theirs) = (SampleLog(id: "send-1", message: "ours"), SampleLog(id: "send-1", message: "theirs"))
        try one.record(ours)
        try other.record(theirs)
        #expect(try one.get("/send-logs/send-1").text.contains(ours.counted))
        #expect(try other.get("/send-logs/send-1").text.contains(theirs.counted))
    }

    @Test func `destinations are stored character for character, in the sender's order`() throws {
        let tenant = try Shared.server.tenant()
        let destinations = [
            "27831234567", "27821234567", "27821234567", "+27 82 123-4567", "0821234567", "00027", " 27 ",
            "thandi@example.co.za",
            "\"quoted\"@example.org", "a\\b@example.org", "jürgen@bücher.example", "名前@例え.jp", "a/b", "<x>", "null",
            "1e5", "👩‍👩‍👧",
            "e\u{301}", "\u{e9}",
        ]
        let log = SampleLog(id: "send-1", destinations: destinations)
        try tenant.record(log)
        let response = try tenant.get("/send-logs/send-1?group_destinations=list")
        // Compared as bytes too: for Swift strings, é and e with a combining accent are equal.
        #expect(response.dataText == log.listed)
        #expect(response.dataBytes == Array(log.listed.utf8))
        #expect(try tenant.get("/send-logs/send-1").data()["destinations"] == JSON.number(Double(destinations.count)))
    }

    @Test(
        arguments: [
            ("sendLog.read", true, false), ("sendLog.create", false, true), ("sendLog", true, true), ("*", true, true),
        ]
    )
    func `a permission grants its children and nothing else`(name: String, reads: Bool, creates: Bool) throws {
        let tenant = try Shared.server.tenant(permissions: name)
        #expect(try tenant.get("/send-logs/send-1").status == (reads ? 404 : 403))
        #expect(try tenant.post("/send-logs/search", "{}").status == (reads ? 200 : 403))
        #expect(try tenant.post("/send-logs", SampleLog(id: "send-1").json).status == (creates ? 201 : 403))
        #expect(try tenant.post("/send-logs/import", SampleLog(id: "send-2").json).status == (creates ? 200 : 403))
    }

    @Test func `several permissions of a key add up`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog.read", "sendLog.create")
        try tenant.record(SampleLog(id: "send-1"))
        #expect(try tenant.total() == 1)
    }
}
