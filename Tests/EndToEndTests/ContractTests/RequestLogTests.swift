import Foundation
import Glibc
import TestSupport
import Testing

/// What the log and the metrics say about responses that ended early, and about bytes that were sent.
@Suite(.blocking) struct RequestLogTests {
    /// The number of bytes of a response that the client reads before it stops.
    private static let readBytes = 1_000_000
    /// The maximum number of bytes that are in the server's buffers for a connection.
    private static let tolerance = 256 * 1024

    /// Starts a server with a send log whose list does not fit into the buffers of a connection.
    private static func server(_ arguments: String...) throws -> Tenant {
        let tenant = try Server(arguments: arguments).tenant()
        let body = LargeBodies.log("send-1", destinations: LargeBodies.destinations(1_000_000))
        #expect(try tenant.request("POST", "/send-logs", body: body).status == 201)
        return tenant
    }

    /// Begins an export of that send log, and reads a part of the response.
    private static func export(_ tenant: Tenant, id: String) throws -> HTTPConnection {
        let connection = try tenant.server.connect(receiveBuffer: 65_536)
        try connection.send(
            head: "POST",
            "/send-logs/export?group_destinations=list",
            headers: tenant.headers + [("X-Request-Id", id)],
            length: 0
        )
        #expect(try connection.responseHead().status == 200)
        #expect(try connection.bytes(readBytes).count == readBytes)
        return connection
    }

    /// Waits for the log line of a request.
    private static func line(_ server: Server, id: String) throws -> String {
        func find() -> String? {
            // The last line may be incomplete.
            server.log.components(separatedBy: "\n").dropLast().first { $0.contains("request_id=\(id) ") }
        }
        _ = Deadline.poll(for: 60) { find() != nil }
        return try #require(find())
    }

    /// Returns the number of bytes in a log line.
    private static func bytes(_ line: String) throws -> Int {
        let match = try #require(line.firstMatch(of: #/ bytes=([0-9]+) /#), "\(line)")
        return try #require(Int(match.output.1))
    }

    @Test(.timeLimit(.minutes(5)))
    func `requests that a shutdown stops are logged as that, with the status and the bytes that were sent`() throws {
        let tenant = try Self.server()
        let server = tenant.server
        let export = try Self.export(tenant, id: "export-1")
        let upload = try server.connect()
        let headers = tenant.headers + [("X-Request-Id", "upload-1"), ("Expect", "100-continue")]
        try upload.send(head: "POST", "/send-logs/import", headers: headers, isChunked: true)
        // The handler waits for the body.
        #expect(try upload.responseHead().status == 100)
        server.process.signal(SIGTERM)
        // The server waits half a minute for requests in progress.
        let end = Background { try server.process.wait(atMost: 120) }
        while !end.isOver {
            // Fast enough not to be disconnected as too slow.
            try? upload.send(chunk: [UInt8](repeating: UInt8(ascii: " "), count: 8192))
            Thread.sleep(forTimeInterval: 1)
        }
        let stopped = try Self.line(server, id: "export-1")
        #expect(stopped.contains(" warning stopped by the shutdown bytes=") && stopped.contains(" status=200"))
        let (logged, received) = (try Self.bytes(stopped), Self.readBytes + (try export.readToEndOrReset().count))
        #expect(abs(logged - received) < Self.tolerance, "\(logged) logged, \(received) received")
        let unanswered = try Self.line(server, id: "upload-1")
        #expect(unanswered.contains(" warning stopped by the shutdown before a response bytes=0 "), "\(unanswered)")
        #expect(unanswered.contains(" status=503"))
        #expect(!server.log.contains("client disconnected"))
    }

    @Test func `a client that disconnects during a response is logged with the bytes that were sent`() throws {
        let tenant = try Self.server()
        let connection = try Self.export(tenant, id: "export-2")
        connection.reset()
        let line = try Self.line(tenant.server, id: "export-2")
        #expect(line.contains(" info client disconnected bytes=") && line.contains(" status=499"), "\(line)")
        let bytes = try Self.bytes(line)
        #expect(bytes > Self.readBytes - Self.tolerance && bytes < 14_000_000, "\(line)")
        let metrics = try tenant.get("/metrics").text
        let sent = try #require(metrics.firstMatch(of: /\nsendlog_http_sent_bytes_total ([0-9]+)\n/))
        #expect(try #require(Int(sent.output.1)) >= bytes)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a client that does not read is logged as too slow, and not as disconnected`() throws {
        let tenant = try Self.server("--idle-timeout", "1")
        let connection = try Self.export(tenant, id: "export-3")
        let line = try Self.line(tenant.server, id: "export-3")
        #expect(line.contains(" info client too slow; connection closed bytes="), "\(line)")
        #expect(line.contains(" status=499"))
        let (logged, received) = (try Self.bytes(line), Self.readBytes + (try connection.readToEndOrReset().count))
        #expect(abs(logged - received) < Self.tolerance, "\(logged) logged, \(received) received")
    }

    @Test func `the bytes of a response to HEAD are not counted`() throws {
        let server = try Server(arguments: ["--log-level", "debug"])
        let tenant = try server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        for (method, id) in [("HEAD", "head-1"), ("GET", "get-1")] {
            let response = try tenant.request(method, "/send-logs/send-1", headers: [("X-Request-Id", id)])
            #expect(response.status == 200)
            let line = try Self.line(server, id: id)
            #expect(line.contains(" request completed bytes=\(response.body.count) "), "\(line)")
        }
        #expect(try Self.bytes(Self.line(server, id: "get-1")) > 0)
    }

    @Test func `a response that an error breaks off is logged with its cause, and not as completed`() throws {
        let tenant = try Self.server()
        // The server reads the damaged chunk after it has sent the first part.
        try tenant.server.executeSQL(
            "UPDATE destination_chunks SET body = x'00', length = 7 WHERE number = (SELECT max(number) FROM destination_chunks)"
        )
        let connection = try Self.export(tenant, id: "export-4")
        _ = try connection.readToEndOrReset()
        let line = try Self.line(tenant.server, id: "export-4")
        #expect(line.contains(" error response broken off bytes=") && line.contains(" status=500"), "\(line)")
        #expect(line.contains(" code=internal_error ") && line.contains(" cause="))
        #expect(try Self.bytes(line) > Self.readBytes)
    }
}
