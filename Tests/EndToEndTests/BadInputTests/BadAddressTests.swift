import Testing

/// Requests that ask for what is not there, in ways that are not there.
@Suite struct BadAddressTests {
    static let ids = [
        "a%2Fb", "%2e%2e%2f", "..%2f..%2fetc%2fpasswd", "a%00b", "%25", "%", "%zz", "%2", "a%20b", "a+b", "a;b", "a'b",
        "a%22b",
        "%F0%9F%8E%89", "%FF%FE", "%C3%28", "{id}", "5f5a1d8d2e0e4c6c8c0c0c0c%0A", "send-1%20",
        String(repeating: "a", count: 65),
        String(repeating: "a", count: 10_000), String(repeating: "%25", count: 3000), "' OR '1'='1",
    ]

    @Test(arguments: ids)
    func `a malformed id is not found`(id: String) throws {
        let path = id.replacing(" ", with: "%20")
        for query in ["", "?group_destinations=list"] {
            let answer = try Shared.emptyTenant.get("/send-logs/\(path)\(query)")
            try expectFailure(answer, 404, "resource_not_found")
            #expect(answer.body.count < 2000)
        }
    }

    @Test func `an id is compared as it is, not as it looks`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        for id in ["SEND-1", "send-1%20", "send%2D1%00", "send-1%2F", "send_1"] {
            try expectFailure(tenant.get("/send-logs/\(id)"), 404, "resource_not_found")
        }
        // A percent sign may write any character of an id.
        #expect(try tenant.get("/send-logs/send%2D1").status == 200)
    }

    @Test(arguments: ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
    func `405 names the allowed methods`(method: String) throws {
        for (path, allowed) in [("/send-logs/send-1", "GET"), ("/send-logs", "POST"), ("/send-logs/search", "POST")] {
            let answer = try Shared.emptyTenant.request(method, path, body: Array("{}".utf8))
            try expectFailure(answer, 405, "method_not_allowed")
            #expect(answer["allow"]?.contains(allowed) == true)
        }
    }

    @Test(
        arguments: [
            "nonsense\r\n\r\n", "GET\r\n\r\n", "GET /send-logs/a HTTP/9.9\r\n\r\n",
            "GET /send-logs/a\tHTTP/1.1\r\n\r\n",
            "POST /send-logs HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\r\n\r\n",
            "POST /send-logs HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
            "GET /send-logs/a HTTP/1.1\r\nHost: a\r\nno colon here\r\n\r\n",
        ]
    )
    func `a request that is not HTTP gets 400 with the envelope, and the server goes on`(text: String) throws {
        let connection = try Shared.server.connect()
        try connection.send(text)
        try expectFailure(connection.response(), 400, "invalid_request")
        #expect(try connection.readToEnd().isEmpty, "the connection cannot go on")
        #expect(try Shared.emptyTenant.total() == 0)
    }

    @Test(arguments: [true, false])
    func `bytes that are not HTTP after a good request get their 400 in order, with the envelope`(atOnce: Bool) throws {
        let tenant = try Shared.emptyTenant
        let connection = try tenant.server.connect()
        let good = "GET /send-logs/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\n\r\n"
        try connection.send(good + (atOnce ? "nonsense\r\n\r\n" : ""))
        try expectFailure(connection.response(), 404, "resource_not_found")
        if !atOnce { try connection.send("nonsense\r\n\r\n") }
        try expectFailure(connection.response(), 400, "invalid_request")
        #expect(try connection.readToEnd().isEmpty)
    }

    @Test func `a malformed chunk gets 400, and nothing is recorded`() throws {
        let tenant = try Shared.server.tenant()
        let connection = try tenant.server.connect()
        try connection.send(
            head: "POST",
            "/send-logs",
            headers: [("Authorization", "Bearer \(tenant.key)")],
            isChunked: true
        )
        try connection.send(chunk: Array(SampleLog(id: "send-1").json.utf8))
        try connection.send("zz\r\n")
        // Answered or not, it is the client's fault, and the connection ends.
        let answer = String(decoding: try connection.readToEndOrReset(), as: UTF8.self)
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
        #expect(try tenant.total() == 0)
    }

    @Test func `headers without end are refused`() throws {
        let connection = try Shared.server.connect()
        try connection.send("GET /health HTTP/1.1\r\nHost: a\r\n")
        let header = "X-Padding: \(String(repeating: "a", count: 1000))\r\n"
        var sent = 0
        while sent < 20_000, try connection.sendUnlessEnded(header.utf8) { sent += 1 }
        // Closed or answered, but not listened to for ever.
        #expect(sent < 20_000)
        let answer = String(decoding: try connection.readToEndOrReset(), as: UTF8.self)
        let isRefused = [400, 413, 431].contains { answer.hasPrefix("HTTP/1.1 \($0) ") }
        #expect(answer.isEmpty || isRefused, "\(answer)")
    }

    @Test func `requests sent in one go are answered in their order`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let connection = try tenant.server.connect()
        let head = "Host: a\r\nAuthorization: Bearer \(tenant.key)\r\n"
        let body = "{\"options\":{\"limit\":0}}"
        try connection.send(
            "GET /send-logs/send-1 HTTP/1.1\r\n\(head)\r\n"
                + "POST /send-logs/search HTTP/1.1\r\n\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                + "GET /send-logs/send-2 HTTP/1.1\r\n\(head)\r\n"
        )
        #expect(try connection.response().data()["_id"] == "send-1")
        #expect(try connection.response().data()["total"] == 1)
        #expect(try connection.response().status == 404)
    }
}
