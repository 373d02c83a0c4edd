import Testing

/// Importing send logs, one per line.
@Suite struct ImportTests {
    @Test func `the response counts recorded, existing and failed lines`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "there"))
        try tenant.record(SampleLog(id: "taken"))
        let lines = [
            SampleLog(id: "new-1").json, SampleLog(id: "there").json, SampleLog(id: "taken", message: "other").json,
            SampleLog(id: "new-2").json, "{\"nonsense\":", SampleLog(id: "bad").json("message", "5"),
        ]
        let headers = [("Content-Type", "application/x-ndjson")]
        let body = Array(lines.map { $0 + "\n" }.joined().utf8)
        let response = try tenant.request("POST", "/send-logs/import", headers: headers, body: body)
        #expect(
            response.text.hasPrefix(#"{"ok":true,"data":{"recorded":2,"existing":1,"failed":3,"errors":[{"line":3,"#)
        )
        let errors = try response.data()["errors"].elements
        #expect(errors.map(\.names) == Array(repeating: ["code", "line", "message"], count: 3))
        #expect(errors.map(\.["line"]) == [3, 5, 6])
        #expect(errors.map(\.["code"].string) == ["conflict", "invalid_request", "invalid_request"])
        #expect(errors[0]["message"] == "_id is taken by a send log that differs in message")
        #expect(errors[2]["message"].string?.contains("message") == true)
        #expect(try tenant.ids("{}") == ["new-2", "new-1", "taken", "there"])
    }

    @Test func `an invalid line in the middle fails alone`() throws {
        let tenant = try Shared.server.tenant()
        for bad in [
            "nonsense", "{", "[]", "\"text\"", "7", "null", "{}", "{\"_id\":\"a\"}}", "\u{0}", "{\"_id\":\"\u{1}\"}",
            SampleLog(id: "x").json + SampleLog(id: "y").json, "{\"extra\":1,\(SampleLog(id: "x").json.dropFirst())",
            SampleLog(id: "x").json("message", "\"\\ud800\""),
        ] {
            let (first, last) = (SampleLog(id: "before"), SampleLog(id: "after"))
            let data = try tenant.post("/send-logs/import", "\(first.json)\n\(bad)\n\(last.json)\n").data()
            #expect(data["failed"] == 1, "\(bad)")
            #expect(data["errors"].elements.count == 1)
            #expect(data["errors"][0]["line"] == 2)
            #expect(data["errors"][0]["code"] == "invalid_request")
        }
        #expect(try tenant.ids("{}") == ["after", "before"])
    }

    @Test func `invalid UTF-8 in a line fails that line alone`() throws {
        let tenant = try Shared.server.tenant()
        var body = Array(SampleLog(id: "before").json.utf8) + [UInt8(ascii: "\n")]
        body += Array(#"{"_id":"bad","message":""#.utf8) + [0xc3, 0x28] + Array("\"}\n".utf8)
        body += Array(SampleLog(id: "after").json.utf8)
        let data = try tenant.request("POST", "/send-logs/import", body: body).data()
        #expect(data["recorded"] == 2)
        #expect(data["errors"][0]["line"] == 2)
    }

    @Test func `the first 100 errors are reported, and all are counted`() throws {
        let tenant = try Shared.server.tenant()
        let lines = (1...500).map { $0 % 2 == 0 ? "bad" : SampleLog(id: "send-\($0)").json }
        let data = try tenant.post("/send-logs/import", lines.joined(separator: "\n")).data()
        #expect(data["recorded"] == 250)
        #expect(data["failed"] == 250)
        #expect(data["errors"].elements.map(\.["line"].integer) == (1...100).map { $0 * 2 })
    }

    @Test func `lines can end with CRLF, the last without a line break, and blank lines are skipped`() throws {
        let tenant = try Shared.server.tenant()
        let body =
            "\(SampleLog(id: "a").json)\r\n\r\n\n  \n\(SampleLog(id: "b").json)\r\nbad\r\n\(SampleLog(id: "c").json)"
        let data = try tenant.post("/send-logs/import", body).data()
        #expect(data["recorded"] == 3)
        #expect(data["failed"] == 1)
        #expect(data["errors"][0]["line"] == 6)
        #expect(try tenant.ids("{}") == ["c", "b", "a"])
    }

    @Test func `lines can be split into chunks of any size`() throws {
        let tenant = try Shared.server.tenant()
        let logs = (0..<20).map { SampleLog(id: "send-\($0)", message: "môre 🎉 \($0)") }
        let body = Array(logs.map { $0.json + "\r\n" }.joined().utf8)
        let response = try tenant.request("POST", "/send-logs/import", body: body, chunked: [1, 7, 64, 3])
        #expect(try response.data()["recorded"] == 20)
        let found = try tenant.post(
            "/send-logs/search?group_destinations=list",
            #"{"options":{"sort":{"startDeliveryAt":1}}}"#
        )
        #expect(found.text.contains("[\(logs.map(\.listed).joined(separator: ","))]"))
    }

    @Test func `a repeated import changes nothing`() throws {
        let tenant = try Shared.server.tenant()
        let body = (0..<3000).map { SampleLog(id: "send-\($0)").json + "\n" }.joined()
        #expect(try tenant.post("/send-logs/import", body).data()["recorded"] == 3000)
        let again = try tenant.post("/send-logs/import", body).data()
        #expect(again == ["recorded": 0, "existing": 3000, "failed": 0, "errors": []])
        #expect(try tenant.total() == 3000)
    }

    @Test func `an id twice in one import is recorded once`() throws {
        let tenant = try Shared.server.tenant()
        let (log, other) = (SampleLog(id: "send-1"), SampleLog(id: "send-1", message: "other"))
        let data = try tenant.post("/send-logs/import", "\(log.json)\n\(log.json)\n\(other.json)\n").data()
        #expect(data["recorded"] == 1)
        #expect(data["existing"] == 1)
        #expect(data["failed"] == 1)
        #expect(data["errors"][0]["line"] == 3)
        #expect(try tenant.get("/send-logs/send-1").text.contains(log.counted))
    }

    @Test func `a line without an id and a start gets both`() throws {
        let tenant = try Shared.server.tenant()
        let line = #"{"campaign_id":"c","message":"m","triggeredBy":"api","destinations":["2782"]}"#
        let data = try tenant.post("/send-logs/import", Array(repeating: line, count: 100).joined(separator: "\n"))
            .data()
        #expect(data["recorded"] == 100)
        #expect(Set(try tenant.ids("{}")).count == 100)
    }

    @Test func `an import records lines in their order`() throws {
        let tenant = try Shared.server.tenant()
        let logs = (0..<5000).map { SampleLog(id: "send-\($0)") }
        try tenant.record(logs)
        #expect(try tenant.ids(#"{"options":{"sort":{"startDeliveryAt":1},"limit":5000}}"#) == logs.map(\.id))
    }
}
