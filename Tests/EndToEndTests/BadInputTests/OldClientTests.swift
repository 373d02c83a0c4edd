import Testing

/// Clients that ask, in any spelling, to close the connection after the response.
@Suite struct OldClientTests {
    private static func response(_ head: String, of tenant: Tenant) throws -> String {
        let connection = try tenant.server.connect()
        try connection.send("\(head)\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\n\r\n")
        // Reads until the server closes the connection, and fails if it does not.
        return String(decoding: try connection.readToEnd(), as: UTF8.self)
    }

    @Test(arguments: ["close", "Close", "CLOSE", "keep-alive, Close", "close, TE"])
    func `the connection is closed when the client asks for it`(value: String) throws {
        let tenant = try Shared.server.tenant()
        let response = try Self.response("GET /health HTTP/1.1\r\nConnection: \(value)", of: tenant)
        #expect(response.hasPrefix("HTTP/1.1 200"))
    }

    @Test func `an HTTP 1.0 client gets a list without chunks, which ends with the connection`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1", destinations: (0..<30_000).map { "27\(820_000_000 + $0)" })
        try tenant.record(log)
        let response = try Self.response("GET /send-logs/send-1?group_destinations=list HTTP/1.0", of: tenant)
        let parts = response.split(separator: "\r\n\r\n", maxSplits: 1)
        try #require(parts.count == 2)
        #expect(parts[0].hasPrefix("HTTP/1.0 200"))
        #expect(!parts[0].lowercased().contains("transfer-encoding"))
        let data = try JSON(parsing: parts[1].utf8)
        #expect(data["data"]["destinations"].elements.count == 30_000)
    }

    @Test func `a body above the limit is refused before it is sent, with Expect: 100-continue`() throws {
        let tenant = try Shared.server.tenant()
        let connection = try tenant.server.connect()
        try connection.send(
            """
            POST /send-logs/search HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\n\
            Expect: 100-continue\r\nContent-Length: 4000000000\r\n\r\n
            """
        )
        #expect(try connection.response().status == 413)
    }
}
