import Testing

/// Requests with unknown IDs, unsupported methods or malformed HTTP.
@Suite struct BadAddressTests {
    static let ids = [
        "a%2Fb", "%2e%2e%2f", "..%2f..%2fetc%2fpasswd", "a%00b", "%25", "%", "%zz", "%2", "a%20b", "a+b", "a;b", "a'b",
        "a%22b",
        "%F0%9F%8E%89", "%FF%FE", "%C3%28", "{id}", "5f5a1d8d2e0e4c6c8c0c0c0c%0A", "send-1%20",
        String(repeating: "a", count: 65),
        String(repeating: "a", count: 10_000), String(repeating: "%25", count: 3000), "' OR '1'='1",
    ]

    @Test(arguments: ids)
    func `a malformed ID gets 404`(id: String) throws {
        let path = id.replacing(" ", with: "%20")
        for query in ["", "?group_destinations=list"] {
            let response = try Shared.emptyTenant.get("/send-logs/\(path)\(query)")
            try expectFailure(response, 404, "resource_not_found")
            #expect(response.body.count < 2000)
        }
    }

    @Test func `an ID matches only character for character`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        for id in ["SEND-1", "send-1%20", "send%2D1%00", "send-1%2F", "send_1"] {
            try expectFailure(tenant.get("/send-logs/\(id)"), 404, "resource_not_found")
        }
        // Any character of an ID may be percent-encoded.
        #expect(try tenant.get("/send-logs/send%2D1").status == 200)
    }

    @Test(arguments: ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
    func `405 names the allowed methods`(method: String) throws {
        for (path, allowed) in [("/send-logs/send-1", "GET"), ("/send-logs", "POST"), ("/send-logs/search", "POST")] {
            let response = try Shared.emptyTenant.request(method, path, body: Array("{}".utf8))
            try expectFailure(response, 405, "method_not_allowed")
            #expect(response["allow"]?.contains(allowed) == true)
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
    func `a request that is not HTTP gets 400 with the envelope, and the server keeps running`(text: String) throws {
        let connection = try Shared.server.connect()
        try connection.send(text)
        try expectFailure(connection.response(), 400, "invalid_request")
        #expect(try connection.readToEnd().isEmpty, "the server must close the connection")
        #expect(try Shared.emptyTenant.total() == 0)
    }

    @Test(arguments: [true, false])
    func `bytes that are not HTTP after a valid request get 400 after its response`(atOnce: Bool) throws {
        let tenant = try Shared.emptyTenant
        let connection = try tenant.server.connect()
        let good = "GET /send-logs/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\n\r\n"
        try connection.send(good + (atOnce ? "nonsense\r\n\r\n" : ""))
        try expectFailure(connection.response(), 404, "resource_not_found")
        if !atOnce { try connection.send("nonsense\r\n\r\n") }
        try expectFailure(connection.response(), 400, "invalid_request")
        #expect(try connection.readToEnd().isEmpty)
    }

    @Test func `a malformed chunk gets 400 or ends the connection, and nothing is recorded`() throws {
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
        // The server may respond with 400, or only close the connection.
        let response = String(decoding: try connection.readToEndOrReset(), as: UTF8.self)
        #expect(response.isEmpty || response.hasPrefix("HTTP/1.1 400 "), "\(response)")
        #expect(try tenant.total() == 0)
    }

    @Test func `an endless request head is refused`() throws {
        let connection = try Shared.server.connect()
        try connection.send("GET /health HTTP/1.1\r\nHost: a\r\n")
        let header = "X-Padding: \(String(repeating: "a", count: 1000))\r\n"
        var sent = 0
        while sent < 20_000, try connection.sendUnlessEnded(header.utf8) { sent += 1 }
        // The server stops reading; it may respond, or only close the connection.
        #expect(sent < 20_000)
        let response = String(decoding: try connection.readToEndOrReset(), as: UTF8.self)
        let isRefused = [400, 413, 431].contains { response.hasPrefix("HTTP/1.1 \($0) ") }
        #expect(response.isEmpty || isRefused, "\(response)")
    }

    @Test func `pipelined requests get their responses in order`() throws {
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
