import Foundation
import TestSupport
import Testing

/// Clients that hold connections and send or read nothing, or too slowly.
@Suite(.blocking) struct ConnectionLimitTests {
    @Test func `an idle connection is closed`() throws {
        // No other limit closes these connections before the clients time out.
        let server = try Server(
            arguments: ["--idle-timeout", "1", "--head-timeout", "600", "--min-body-rate", "0"]
        )
        let tenant = try server.tenant()
        for prefix in ["", "POST /send-logs HTT", "POST /send-logs HTTP/1.1\r\nHost: a\r\n"] {
            let connection = try server.connect(timeout: 45)
            try connection.send(prefix)
            _ = try connection.readToEndOrReset()
        }
        let used = try server.connect(timeout: 45)
        #expect(try used.request("GET", "/health").status == 200)
        #expect(try used.readToEndOrReset().isEmpty)
        // A body that stops in the middle.
        let stopped = try server.connect(timeout: 45)
        try stopped.send(head: "POST", "/send-logs", headers: tenant.headers, length: 1000)
        try stopped.send(SampleLog(id: "send-1").json)
        _ = try stopped.readToEndOrReset()
        #expect(try tenant.total() == 0)
        #expect(try server.stop() == .code(0))
        #expect(!server.log.contains(" error "))
    }

    /// Sends a byte every 100 ms until the server closes the connection, for a minute at most.
    ///
    /// - Throws: if the server does not close it.
    private static func drip(_ connection: HTTPConnection, _ byte: String) throws {
        let isEnded = try Deadline.poll(for: 60) {
            usleep(100_000)
            return try !connection.sendUnlessEnded(byte.utf8)
        }
        guard isEnded else { throw TestFailure("the server accepted \"\(byte)\" every 100 ms for a minute") }
    }

    @Test func `a client that sends too slowly is disconnected`() throws {
        let server = try Server(arguments: ["--head-timeout", "1", "--drain-timeout", "1"])
        let tenant = try server.tenant()
        let head = Background {
            let connection = try server.connect()
            try connection.send("GET /health HTTP/1.1\r\nX: ")
            try Self.drip(connection, "a")
        }
        // The body of a refused request: the response is sent before it.
        let refused = Background {
            let connection = try server.connect()
            let headers = [("Authorization", "Bearer none")]
            try connection.send(head: "POST", "/send-logs", headers: headers, length: 1_000_000)
            let status = try connection.response().status
            guard status == 401 else { throw TestFailure("an invalid key got \(status)") }
            try Self.drip(connection, "a")
        }
        // The body of a request with a valid key, for which the server waits.
        let slow = Background {
            let connection = try server.connect()
            try connection.send(head: "POST", "/send-logs", headers: tenant.headers, length: 1_000_000)
            try Self.drip(connection, " ")
        }
        // A body at a sufficient rate may take longer than a head: 1,000 bytes a second for three seconds.
        let steady = try server.connect()
        let body = SampleLog(id: "send-1").json + String(repeating: " ", count: 3000)
        try steady.send(head: "POST", "/send-logs", headers: tenant.headers, length: body.utf8.count)
        for begin in stride(from: 0, to: body.utf8.count, by: 1000) {
            try steady.send(String(body.dropFirst(begin).prefix(1000)))
            usleep(1_000_000)
        }
        #expect(try steady.response().status == 201)
        for client in [head, refused, slow] { try client.value() }
        #expect(try tenant.ids("{}") == ["send-1"])
        #expect(try server.stop() == .code(0))
    }

    @Test func `a client that does not read the response is disconnected`() throws {
        let server = try Server(arguments: ["--idle-timeout", "1"])
        let tenant = try server.tenant()
        let body = LargeBodies.log("send-1", destinations: LargeBodies.destinations(700_000))
        #expect(try tenant.request("POST", "/send-logs", body: body).status == 201)
        let connection = try server.connect(receiveBuffer: 4096)
        let headers = tenant.headers + [("X-Request-Id", "the-one-that-stands-still")]
        try connection.send(head: "GET", "/send-logs/send-1?group_destinations=list", headers: headers)
        #expect(try connection.responseHead().status == 200)
        #expect(Deadline.poll(for: 60) { server.process.errors.contains("request_id=the-one-that-stands-still") })
        // The client gets only a part of the response.
        let failure = try #require(throws: ConnectionFailure.self) { while try connection.chunk() != nil {} }
        #expect(failure.isEnd, "\(failure)")
        #expect(try server.stop() == .code(0))
    }

    @Test func `the connection limit is lowered to fit the limit of open files`() throws {
        let folder = try TemporaryFolder()
        let process = try ChildProcess(
            "/bin/sh",
            [
                "-c", "ulimit -n 200; exec \"$0\" serve --port 0 --database sqlite:\(folder.file("a.sqlite"))",
                TestPaths.binary,
            ]
        )
        #expect(Deadline.poll(for: 60) { process.output.contains("\n") })
        #expect(process.errors.contains("http.maxConnections is lowered"))
        #expect(process.errors.contains("from=10000") && process.errors.contains("to=150"), "\(process.errors)")
        process.signal(SIGTERM)
        #expect(try process.wait() == .code(0))
    }

    @Test func `without file descriptors the server logs it once, and accepts connections when some are free`() throws {
        let server = try Server()
        #expect(try server.connect().request("GET", "/health").status == 200)
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.process.pid)/fd").count
        _ = try Command.tool("prlimit", "--pid=\(server.process.pid)", "--nofile=\(open + 4):4096").succeeded()
        var connections = try (0..<20).map { _ in try server.connect() }
        #expect(Deadline.poll(for: 60) { server.process.errors.contains("cannot accept connections") })
        let before = try Self.processorSeconds(of: server)
        Thread.sleep(forTimeInterval: 1)
        // A loop that accepts again at once would use half of a core.
        #expect(try Self.processorSeconds(of: server) - before < 0.2)
        #expect(server.log.components(separatedBy: "cannot accept connections").count == 2)
        connections.removeAll()
        #expect(
            Deadline.poll(for: 60) {
                (try? HTTPConnection(port: server.port, timeout: 2).request("GET", "/health").status) == 200
            }
        )
        #expect(try server.stop() == .code(0))
    }

    private static func processorSeconds(of server: Server) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(server.process.pid)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            throw TestFailure("/proc has no processor time of the server: \(text)")
        }
        return (user + system) / 100
    }

    @Test func `clients above the connection limit wait, and are served when a connection closes`() throws {
        let server = try Server(arguments: ["--max-connections", "4"])
        var open = try (0..<4).map { _ in try server.connect() }
        for connection in open { #expect(try connection.request("GET", "/health").status == 200) }
        let waiting = try server.connect()
        try waiting.send(head: "GET", "/health")
        // Later requests on the open connections are served first.
        for connection in open { #expect(try connection.request("GET", "/health").status == 200) }
        #expect(waiting.isSilent)
        open.removeFirst()
        #expect(try waiting.response().status == 200)
        #expect(try server.stop() == .code(0))
    }
}
