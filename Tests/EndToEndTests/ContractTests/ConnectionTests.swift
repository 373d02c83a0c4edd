import Foundation
import Testing

/// Persistent connections and pipelining (<https://www.rfc-editor.org/rfc/rfc9112#section-9>).
@Suite struct ConnectionTests {
    private static func head(_ method: String, _ target: String, of tenant: Tenant, _ more: String = "") -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\n\(more)\r\n"
    }

    @Test func `pipelined requests get their responses in order`() throws {
        let tenant = try Shared.server.tenant()
        let logs = (0..<300).map { SampleLog(id: "send-\($0)", destinations: (0..<20).map { "2782\(1_000_000 + $0)" }) }
        try tenant.record(logs)
        let connection = try tenant.server.connect()
        // Responses that are immediate, deferred, streamed and refused.
        let targets = logs.enumerated().map { index, log in
            switch index % 3 {
            case 0: "/send-logs/\(log.id)"
            case 1: "/send-logs/\(log.id)?group_destinations=list"
            default: "/send-logs/none-\(index)"
            }
        }
        try connection.send(targets.map { Self.head("GET", $0, of: tenant) }.joined())
        for (index, log) in logs.enumerated() {
            let response = try connection.response()
            switch index % 3 {
            case 0: #expect(response.dataText == log.counted)
            case 1: #expect(response.dataText == log.listed)
            default: #expect(response.status == 404)
            }
        }
    }

    @Test func `a pipelined search sees the creates before it`() throws {
        let tenant = try Shared.server.tenant()
        let connection = try tenant.server.connect()
        var text = ""
        for number in 0..<20 {
            let log = SampleLog(id: "send-\(number)").json
            text += Self.head("POST", "/send-logs", of: tenant, "Content-Length: \(log.utf8.count)\r\n") + log
            text += Self.head("POST", "/send-logs/search", of: tenant, "Content-Length: 0\r\n")
        }
        try connection.send(text)
        for number in 0..<20 {
            #expect(try connection.response().status == 201)
            #expect(try connection.response().data()["total"] == JSON.number(Double(number + 1)))
        }
    }

    @Test func `the rest of a refused body is not parsed as a request`() throws {
        let tenant = try Shared.server.tenant()
        let connection = try tenant.server.connect()
        let length = 3_000_000
        try connection.send(Self.head("POST", "/nowhere", of: tenant, "Content-Length: \(length)\r\n"))
        #expect(try connection.response().status == 404)
        let line = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        try connection.send(String(repeating: line, count: length / line.utf8.count + 1).utf8.prefix(length))
        try connection.send(Self.head("GET", "/send-logs/none", of: tenant))
        #expect(try connection.response().status == 404)
        connection.finishSending()
        #expect(try connection.readToEnd().isEmpty)
    }

    @Test func `Expect: 100-continue gets 100, or a final response and a closed connection`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1").json
        let expecting = "Expect: 100-continue\r\nContent-Length: \(log.utf8.count)\r\n"
        let continuing = try tenant.server.connect()
        try continuing.send(Self.head("POST", "/send-logs", of: tenant, expecting))
        #expect(try continuing.responseHead().status == 100)
        try continuing.send(log)
        #expect(try continuing.response().status == 201)
        #expect(try continuing.request("GET", "/health").status == 200)
        // The server cannot know whether the body follows, so it closes the connection.
        let refused = try tenant.server.connect()
        try refused.send(Self.head("POST", "/send-logs/search/", of: tenant, expecting))
        let response = try refused.response()
        #expect(response.status == 404)
        #expect(response["connection"] == "close")
        #expect(try refused.readToEnd().isEmpty)
    }

    @Test func `a client that closed its sending side gets its response`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1", destinations: (0..<30_000).map { "2782\(1_000_000 + $0)" }))
        for target in ["/send-logs/send-1", "/send-logs/send-1?group_destinations=list"] {
            let connection = try tenant.server.connect()
            try connection.send(Self.head("GET", target, of: tenant))
            connection.finishSending()
            #expect(try connection.response().status == 200)
            #expect(try connection.readToEnd().isEmpty)
        }
    }

    @Test(arguments: [
        ("GET /health", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk", 200),
        ("GET /health", "Connection: upgrade\r\nUpgrade: websocket", 200), ("CONNECT example.org:443", "X-A: b", 404),
    ])
    func `an upgrade or CONNECT gets an HTTP 1.1 response, and the connection closes`(
        line: String,
        header: String,
        status: Int
    ) throws {
        let connection = try Shared.server.connect()
        // The server ignores the second request.
        try connection.send("\(line) HTTP/1.1\r\nHost: a\r\n\(header)\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        let response = try connection.response()
        #expect(response.status == status)
        #expect(response["connection"] == "close")
        #expect(try connection.readToEndOrReset().isEmpty)
    }

    @Test(.blocking, arguments: ["HTTP/1.1\r\nConnection: close", "HTTP/1.0"])
    func `a slow client gets the whole last response`(version: String) throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1", destinations: (0..<60_000).map { "2782\(1_000_000 + $0)" })
        try tenant.record(log)
        let connection = try tenant.server.connect(receiveBuffer: 4096)
        let target = "/send-logs/send-1?group_destinations=list"
        try connection.send("GET \(target) \(version)\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\n\r\n")
        // Longer than the lingering close, in which the server waits after the last byte is sent.
        Thread.sleep(forTimeInterval: 3)
        let text = String(decoding: try connection.readToEnd(), as: UTF8.self)
        #expect(text.hasSuffix("\"}") || text.hasSuffix("0\r\n\r\n"))
        #expect(text.count > log.listed.count)
    }

    @Test(
        arguments: [
            ("http://example.org/health", 200), ("HTTP://example.org:80/health?", 200), ("/health?&", 200),
            ("http://example.org/health?a=b", 400),
        ]
    )
    func `a request target can have origin form or absolute form`(target: String, status: Int) throws {
        let tenant = try Shared.server.tenant()
        let connection = try tenant.server.connect()
        try connection.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.response().status == status)
    }

    @Test func `a request and the invalid bytes after it each get a response`() throws {
        let tenant = try Shared.server.tenant()
        let connection = try tenant.server.connect()
        try connection.send(Self.head("GET", "/send-logs/none", of: tenant) + "this is no HTTP\r\n\r\n")
        #expect(try connection.response().status == 404)
        let refusal = try connection.response()
        #expect(refusal.status == 400)
        #expect(refusal["connection"] == "close")
        #expect(refusal["x-request-id"] != nil)
        #expect(try connection.readToEnd().isEmpty)
    }
}
