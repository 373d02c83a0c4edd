import TestSupport
import Testing

/// Clients that disconnect in the middle of a request or a response.
@Suite struct BrokenConnectionTests {
    /// Waits until the server closes the connection of a truncated request, which it does once the request has ended.
    ///
    /// The server may respond with 400 or not at all; a 5xx status would blame the server.
    private static func expectEnd(of connection: HTTPConnection) throws {
        let response = try? connection.response()
        #expect(response == nil || response?.status == 400, "\(response?.text ?? "")")
        #expect(try connection.readToEnd().isEmpty)
    }

    @Test func `a send log with a truncated body is not recorded, and no error is logged`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        let body = Array(SampleLog(id: "send-1", destinations: (0..<20_000).map { "27\(820_000_000 + $0)" }).json.utf8)
        // In the last case the log is complete; only the announced length shows that a byte is missing.
        for (sent, announced) in [
            (0, body.count), (10, body.count), (body.count / 2, body.count), (body.count - 1, body.count),
            (body.count, body.count + 1),
        ] {
            let connection = try tenant.server.connect()
            try connection.send(head: "POST", "/send-logs", headers: tenant.headers, length: announced)
            try connection.send(body.prefix(sent))
            connection.finishSending()
            try Self.expectEnd(of: connection)
            #expect(try tenant.total() == 0)
            #expect(try tenant.get("/send-logs/send-1").status == 404)
        }
        #expect(try tenant.request("POST", "/send-logs", body: body).status == 201)
        #expect(try server.stop() == .code(0))
        #expect(!server.log.contains(" error "))
    }

    @Test func `a send log with truncated chunks is not recorded`() throws {
        let tenant = try Shared.server.tenant()
        let body = Array(SampleLog(id: "send-1").json.utf8)
        for end in ["", "0\r\n", "5\r\n{\"_"] {
            let connection = try tenant.server.connect()
            try connection.send(head: "POST", "/send-logs", headers: tenant.headers, isChunked: true)
            try connection.send(chunk: body)
            try connection.send(end)
            connection.finishSending()
            try Self.expectEnd(of: connection)
            #expect(try tenant.total() == 0)
        }
    }

    @Test func `the error for a truncated body says what was recorded, on an import alone`() throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        try tenant.record(SampleLog(id: "send-1"))
        let (headers, problem) = (tenant.headers, "the body ended too early or has a malformed chunk")
        for (method, path) in [
            ("POST", "/send-logs/search"), ("POST", "/send-logs/export"), ("POST", "/campaigns/search"),
            ("PUT", "/campaigns/spring"), ("POST", "/webhooks"), ("POST", "/send-logs"), ("POST", "/send-logs/import"),
        ] {
            for (isChunked, rest) in [(false, ""), (true, ""), (true, "zz\r\n")] {
                let connection = try tenant.server.connect()
                let length = isChunked ? nil : 100
                try connection.send(head: method, path, headers: headers, length: length, isChunked: isChunked)
                try connection.send((isChunked ? "1\r\n{\r\n" : "{") + rest)
                connection.finishSending()
                let response = try connection.response()
                try expectFailure(response, 400, "invalid_request", says: problem)
                let isImport = path == "/send-logs/import"
                #expect(response.text.contains("; 0 lines were recorded; run the import again") == isImport, "\(path)")
                #expect(response.text.contains("recorded") == isImport, "\(path): \(response.text)")
            }
        }
        #expect(try tenant.total() == 1)
    }

    @Test func `a client that disconnects while it sends is logged with 499`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        let connection = try server.connect()
        let headers = tenant.headers + [("X-Request-Id", "the-one-that-left")]
        try connection.send(head: "POST", "/send-logs", headers: headers, length: 1000)
        try connection.send(Array(SampleLog(id: "send-1").json.utf8))
        connection.reset()
        #expect(Deadline.poll(for: 60) { server.process.errors.contains("request_id=the-one-that-left") })
        let line = server.log.split(separator: "\n").first { $0.contains("the-one-that-left") } ?? ""
        #expect(line.contains("client disconnected") && line.contains("status=499"))
        #expect(try server.stop() == .code(0))
    }

    @Test func `the server reads only a limited part of a refused body`() throws {
        let connection = try Shared.server.connect()
        try connection.send(head: "POST", "/send-logs", length: 1 << 40)
        #expect(try connection.response().status == 401)
        let piece = [UInt8](repeating: 0, count: 1 << 20)
        var sent = 0
        while sent < 1000, try connection.sendUnlessEnded(piece) { sent += 1 }
        #expect((64..<1000).contains(sent))
    }

    @Test func `a connection that is reset in the middle of a request records nothing`() throws {
        let tenant = try Shared.server.tenant()
        let body = Array(SampleLog(id: "send-1", destinations: (0..<5000).map { "27\(820_000_000 + $0)" }).json.utf8)
        for cut in [1, 100, 5000, body.count - 1] {
            let connection = try tenant.server.connect()
            try connection.send(head: "POST", "/send-logs", headers: tenant.headers, length: body.count)
            try connection.send(body.prefix(cut))
            connection.reset()
        }
        #expect(try tenant.request("POST", "/send-logs", body: body).status == 201)
        #expect(try tenant.total() == 1)
    }

    @Test func `an interrupted import records whole lines only and can be repeated`() throws {
        let tenant = try Shared.server.tenant()
        let logs = (0..<6000).map { SampleLog(id: "send-\($0)") }
        let body = Array(logs.map { $0.json + "\n" }.joined().utf8)
        let connection = try tenant.server.connect()
        try connection.send(head: "POST", "/send-logs/import", headers: tenant.headers, length: body.count)
        try connection.send(body.prefix(body.count - 40))
        connection.finishSending()
        _ = try? connection.readToEnd()
        let total = try tenant.total()
        #expect(total < 6000, "the last line is truncated")
        let ids = try tenant.ids(#"{"options":{"sort":{"startDeliveryAt":1},"limit":10000}}"#)
        #expect(ids == logs.prefix(total).map(\.id), "the recorded logs must be the first lines")
        let data = try tenant.request("POST", "/send-logs/import", body: body).data()
        #expect(
            data == [
                "recorded": JSON.number(Double(6000 - total)), "existing": JSON.number(Double(total)), "failed": 0,
                "errors": [],
            ]
        )
        #expect(try tenant.total() == 6000)
    }

    @Test func `hundreds of clients that disconnect do not affect other clients`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1", destinations: (0..<50_000).map { "27\(820_000_000 + $0)" }))
        for number in 0..<300 {
            let connection = try tenant.server.connect()
            switch number % 3 {
            case 0: break
            case 1: try connection.send("POST /send-logs HTTP/1.1\r\nHost: a\r\n")
            default:
                let path = "/send-logs/send-1?group_destinations=list"
                try connection.send(head: "GET", path, headers: tenant.headers)
                _ = try connection.responseHead()
            }
            if number % 2 == 0 { connection.reset() }
        }
        #expect(try tenant.get("/send-logs/send-1").status == 200)
        #expect(try tenant.total() == 1)
    }
}
