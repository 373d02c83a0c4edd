import Foundation
import Testing

/// Requirements of RFC 9110 and RFC 9112, tested on the wire.
@Suite struct ProtocolTests {
    private static func response(to head: String, body: String = "", of tenant: Tenant) throws -> HTTPResponse {
        let connection = try tenant.server.connect()
        try connection.send("\(head)\r\n\r\n\(body)")
        let response = try connection.response()
        return response
    }

    @Test(
        arguments: [
            ("GET /health HTTP/1.1", "is required: an HTTP/1.1 request"),
            ("GET /health HTTP/1.1\r\nHost: a\r\nHost: a", "must be given only once"),
            ("GET /health HTTP/1.1\r\nHost: a\r\nhost: b", "must be given only once"),
            ("GET /health HTTP/1.1\r\nHost: a b", "must be a host"),
            ("GET /health HTTP/1.1\r\nHost: a/b", "must be a host"),
            ("GET http://a/health HTTP/1.1", "is required: an HTTP/1.1 request"),
            ("POST /send-logs HTTP/1.1\r\nContent-Length: 0", "is required: an HTTP/1.1 request"),
        ]
    )
    func `HTTP 1.1 without exactly one valid Host gets 400 and is closed`(head: String, message: String) throws {
        let tenant = try Shared.emptyTenant
        let connection = try tenant.server.connect()
        try connection.send("\(head)\r\n\r\n")
        let response = try connection.response()
        try expectFailure(response, 400, "invalid_request")
        let issue = try response.json()["error"]["issues"][0]
        #expect(
            issue["path"] == "headers.Host" && issue["message"].string?.hasPrefix(message) == true,
            "\(response.text)"
        )
        #expect(response["connection"] == "close" && response["x-request-id"] != nil)
        #expect(try connection.readToEnd().isEmpty)
    }

    @Test(arguments: ["Host: a", "Host:", "Host: 127.0.0.1:8080", "Host: [::1]:80", "Host: \t a.example \t"])
    func `one valid Host is accepted`(host: String) throws {
        #expect(try Self.response(to: "GET /health HTTP/1.1\r\n\(host)", of: Shared.emptyTenant).status == 200)
    }

    @Test func `HTTP 1.0 needs no Host`() throws {
        let connection = try Shared.server.connect()
        try connection.send("GET /health HTTP/1.0\r\n\r\n")
        #expect(String(decoding: try connection.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.0 200"))
    }

    @Test(arguments: ["gzip", "gzip, chunked", "identity", "x"])
    func `a transfer coding other than chunked gets 501`(coding: String) throws {
        let tenant = try Shared.server.tenant()
        let head =
            "POST /send-logs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\nTransfer-Encoding: \(coding)"
        let response = try Self.response(to: head, body: "0\r\n\r\n", of: tenant)
        try expectFailure(response, 501, "not_implemented")
        #expect(response["connection"] == "close")
        #expect(try tenant.total() == 0)
    }

    @Test(arguments: ["200-ok", "100-continue, x", "x"])
    func `an expectation other than 100-continue gets 417`(expectation: String) throws {
        let tenant = try Shared.server.tenant()
        let head =
            "POST /send-logs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\nExpect: \(expectation)\r\nContent-Length: 2"
        let response = try Self.response(to: head, body: "{}", of: tenant)
        try expectFailure(response, 417, "expectation_failed")
        #expect(response["connection"] == "close")
    }

    @Test func `whitespace around a header's value is ignored`() throws {
        let tenant = try Shared.server.tenant()
        let padded = "  \(SampleLog(id: "send-1").json.utf8.count) "
        let head = """
            POST /send-logs HTTP/1.1\r\nHost: a \r\nAuthorization: \t Bearer \(tenant.key) \t \r\n\
            X-Request-Id: \t abc-1 \r\nExpect: 100-Continue \r\nContent-Length: \(padded)
            """
        let connection = try tenant.server.connect()
        try connection.send("\(head)\r\n\r\n")
        #expect(try connection.responseHead().status == 100)
        try connection.send(SampleLog(id: "send-1").json)
        let response = try connection.response()
        #expect(response.status == 201 && response["x-request-id"] == "abc-1", "\(response.text)")
        // The scheme decides the prefix of the console's cookies.
        let page = try Self.response(
            to: "GET /console/sign-in HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https ",
            of: tenant
        )
        #expect(page.headers.contains { $0.name == "set-cookie" && $0.value.contains("__Host-") }, "\(page.headers)")
        let compressed = try Self.response(
            to:
                "GET /send-logs/send-1?group_destinations=list HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\nAccept-Encoding: \t gzip ",
            of: tenant
        )
        #expect(compressed["content-encoding"] == "gzip")
    }

    @Test(
        arguments: [
            ("Content-Length: 2\t", "Content-Length", "no tab"), ("Content-Length: 2 \t", "Content-Length", "no tab"),
            ("Content-Length: 2\t ", "Content-Length", "no tab"),
            ("Content-Length: 2 3", "Content-Length", "one number"),
            ("Content-Length: two", "Content-Length", "one number"),
            ("Content-Length: 2\r\nContent-Length: 2", "Content-Length", "one number"),
            ("Transfer-Encoding: chunked\r\nContent-Length: 2", "Content-Length", "no Transfer-Encoding"),
            ("Transfer-Encoding: chunked\t", "Transfer-Encoding", "no tab"),
            ("Transfer-Encoding: chunked \t", "Transfer-Encoding", "no tab"),
            ("Transfer-Encoding: chunked\t ", "Transfer-Encoding", "no tab"),
        ]
    )
    func `a malformed length of the body gets 400, which names the header`(
        header: String,
        name: String,
        problem: String
    ) throws {
        let tenant = try Shared.server.tenant()
        let authorisation = "Authorization: Bearer \(tenant.key)"
        let start = "HTTP/1.1\r\nHost: a\r\n\(authorisation)\r\n\(header)\r\nX-Next: 1\r\n\r\n"
        let body = header.contains("chunked") ? "2\r\n{}\r\n0\r\n\r\n" : "{}"
        // The rest is not read as another request.
        for request in ["POST /send-logs/search \(start)\(body)", "GET /health \(start)\(body)"] {
            let connection = try tenant.server.connect()
            try connection.send("\(request)GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try connection.response()
            try expectFailure(response, 400, "invalid_request", says: name, problem, issue: "headers.\(name)")
            #expect(response["connection"] == "close" && !response.text.contains("body"), "\(response.text)")
            #expect(try connection.readToEnd().isEmpty)
        }
    }

    @Test(
        arguments: [
            ("X-A: \(String(repeating: "a", count: 100_000))", "too long"), ("X-A: a\u{1}b", "malformed"),
            (String(repeating: "X-A: a\r\n", count: 300) + "X-A: a", "256 headers"),
            ("X-A : a", "malformed"), ("X A: a", "malformed"),
        ]
    )
    func `a malformed head gets 400, which says what is wrong`(header: String, problem: String) throws {
        let response = try Self.response(to: "GET /health HTTP/1.1\r\nHost: a\r\n\(header)", of: Shared.emptyTenant)
        try expectFailure(response, 400, "invalid_request", says: problem)
        #expect(response["connection"] == "close")
    }

    @Test func `a client can detect an incomplete response: HTTP 1.0 gets a reset, HTTP 1.1 no last chunk`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        let list = (0..<400_000).map { "27\(820_000_000 + $0)" }
        try tenant.record(SampleLog(id: "send-1", destinations: list))
        // The server reads the damaged chunk after it has sent the first part.
        try server.executeSQL(
            "UPDATE destination_chunks SET body = x'00', length = 7 WHERE number = (SELECT max(number) FROM destination_chunks)"
        )
        for version in ["1.0", "1.1"] {
            let connection = try server.connect()
            try connection.send(
                "GET /send-logs/send-1?group_destinations=list HTTP/\(version)\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\n\r\n"
            )
            #expect(try connection.line() == "HTTP/\(version) 200 OK")
            if version == "1.0" {
                let failure = try #require(throws: ConnectionFailure.self) { try connection.readToEnd() }
                #expect(failure.kind == .reset, "\(failure)")
            } else {
                // The last chunk is missing.
                let bytes = try connection.readToEndOrReset()
                #expect(!String(decoding: bytes.suffix(7), as: UTF8.self).hasSuffix("0\r\n\r\n"))
            }
        }
    }
}
