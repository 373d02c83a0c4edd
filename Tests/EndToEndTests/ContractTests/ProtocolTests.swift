import Foundation
import Testing

/// What RFC 9110 and RFC 9112 ask of a server, on the wire.
@Suite struct ProtocolTests {
    private static func answer(_ head: String, body: String = "", of tenant: Tenant) throws -> HTTPResponse {
        let connection = try tenant.server.connect()
        try connection.send("\(head)\r\n\r\n\(body)")
        let answer = try connection.response()
        return answer
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
    func `HTTP 1.1 without exactly one host is refused, and the connection ends`(head: String, message: String) throws {
        let tenant = try Shared.emptyTenant
        let connection = try tenant.server.connect()
        try connection.send("\(head)\r\n\r\n")
        let answer = try connection.response()
        try expectFailure(answer, 400, "invalid_request")
        let issue = try answer.json()["error"]["issues"][0]
        #expect(
            issue["path"] == "headers.Host" && issue["message"].string?.hasPrefix(message) == true,
            "\(answer.text)"
        )
        #expect(answer["connection"] == "close" && answer["x-request-id"] != nil)
        #expect(try connection.readToEnd().isEmpty)
    }

    @Test(arguments: ["Host: a", "Host:", "Host: 127.0.0.1:8080", "Host: [::1]:80", "Host: \t a.example \t"])
    func `one valid host is enough`(host: String) throws {
        #expect(try Self.answer("GET /health HTTP/1.1\r\n\(host)", of: Shared.emptyTenant).status == 200)
    }

    @Test func `HTTP 1.0 needs no host`() throws {
        let connection = try Shared.server.connect()
        try connection.send("GET /health HTTP/1.0\r\n\r\n")
        #expect(String(decoding: try connection.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.0 200"))
    }

    @Test(arguments: ["gzip", "gzip, chunked", "identity", "x"])
    func `a transfer coding other than chunked is not implemented`(coding: String) throws {
        let tenant = try Shared.server.tenant()
        let head =
            "POST /send-logs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\nTransfer-Encoding: \(coding)"
        let answer = try Self.answer(head, body: "0\r\n\r\n", of: tenant)
        try expectFailure(answer, 501, "not_implemented")
        #expect(answer["connection"] == "close")
        #expect(try tenant.total() == 0)
    }

    @Test(arguments: ["200-ok", "100-continue, x", "x"])
    func `an expectation other than 100-continue fails`(expectation: String) throws {
        let tenant = try Shared.server.tenant()
        let head =
            "POST /send-logs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\nExpect: \(expectation)\r\nContent-Length: 2"
        let answer = try Self.answer(head, body: "{}", of: tenant)
        try expectFailure(answer, 417, "expectation_failed")
        #expect(answer["connection"] == "close")
    }

    @Test func `blanks around a header's value are ignored`() throws {
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
        let answer = try connection.response()
        #expect(answer.status == 201 && answer["x-request-id"] == "abc-1", "\(answer.text)")
        // The scheme by which the console's cookies are marked.
        let page = try Self.answer("GET /console/sign-in HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https ", of: tenant)
        #expect(page.headers.contains { $0.name == "set-cookie" && $0.value.contains("__Host-") }, "\(page.headers)")
        let zipped = try Self.answer(
            "GET /send-logs/send-1?group_destinations=list HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\nAccept-Encoding: \t gzip ",
            of: tenant
        )
        #expect(zipped["content-encoding"] == "gzip")
    }

    @Test func `what is cut off is reset over HTTP 1.0, so that no client takes a part for the whole`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        let list = (0..<400_000).map { "27\(820_000_000 + $0)" }
        try tenant.record(SampleLog(id: "send-1", destinations: list))
        // A damaged chunk in the middle is found when the first part is on its way.
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
