import Foundation
import TestSupport
import Testing

/// Limits of what one client address or one organisation uses at the same time.
@Suite(.blocking) struct ClientLimitTests {
    @Test func `connections above the limit of an address are closed, except those of a trusted proxy`() throws {
        let server = try Server(arguments: ["--max-connections-per-address", "3"])
        var open = try (0..<3).map { _ in try server.connect() }
        for connection in open { #expect(try connection.request("GET", "/health").status == 200) }
        for _ in 0..<5 { #expect(try server.connect().readToEnd().isEmpty) }
        #expect(server.log.contains("client=127.0.0.1"))
        #expect(server.log.components(separatedBy: "http.maxConnectionsPerAddress").count == 2)
        for connection in open { #expect(try connection.request("GET", "/health").status == 200) }
        open.removeFirst()
        #expect(Deadline.poll(for: 60) { (try? server.connect().request("GET", "/health").status) == 200 })
        #expect(try server.stop() == .code(0))

        let proxied = try Server(arguments: ["--max-connections-per-address", "3", "--trusted-proxies", "127.0.0.1"])
        let many = try (0..<10).map { _ in try proxied.connect() }
        for connection in many { #expect(try connection.request("GET", "/health").status == 200) }
        #expect(try proxied.stop() == .code(0))
    }

    /// Sends a request with an invalid key and returns how long the response takes.
    private static func refusal(on connection: HTTPConnection, from client: String) throws -> Duration {
        let begin = ContinuousClock.now
        let headers = [("Authorization", "Bearer none"), ("X-Forwarded-For", "10.1.1.1, \(client)")]
        #expect(try connection.request("GET", "/send-logs/none", headers: headers).status == 401)
        return ContinuousClock.now - begin
    }

    @Test func `repeated invalid keys get delayed responses and are counted, and a valid key is served`() throws {
        let server = try Server(arguments: ["--trusted-proxies", "127.0.0.0/8"])
        let tenant = try server.tenant()
        let connection = try server.connect()
        for _ in 0..<10 { _ = try Self.refusal(on: connection, from: "192.0.2.1") }
        for _ in 0..<2 {
            // The server closes the connection after a delayed response.
            let delayed = try server.connect()
            #expect(try Self.refusal(on: delayed, from: "192.0.2.1") >= .seconds(1))
            #expect(try delayed.readToEnd().isEmpty)
        }
        // Other clients are not delayed: a delayed response would close their connection.
        for number in 0..<8 { _ = try Self.refusal(on: connection, from: "2001:db8:0:\(number)::1") }
        // A valid key from the same address is not delayed either, nor is a request without a key.
        let headers = tenant.headers + [("X-Forwarded-For", "192.0.2.1")]
        for _ in 0..<20 { #expect(try connection.request("GET", "/send-logs/none", headers: headers).status == 404) }
        for _ in 0..<20 {
            let response = try connection.request("GET", "/send-logs/none", headers: [("X-Forwarded-For", "192.0.2.1")])
            #expect(response.status == 401)
        }
        #expect(try server.stop() == .code(0))
        // The log has ten lines of the first client with a key, ten without, and eight of others; the rest is counted.
        let lines = server.log.split(separator: "\n")
        #expect(lines.count { $0.contains("status=401") } == 28)
        let counts = lines.filter { $0.contains("refused more requests") && $0.contains("client=192.0.2.1") }
        #expect(counts.count == 2)
        #expect(counts.contains { $0.contains("with invalid keys") && $0.contains("count=2") })
        #expect(counts.contains { $0.contains("without a key") && $0.contains("count=10") })
    }

    @Test func `failed requests without a key do not fill the log`() throws {
        let server = try Server()
        let connection = try server.connect()
        for number in 0..<40 {
            let path = number % 2 == 0 ? "/none" : "/console/none"
            #expect(try connection.request("GET", path, headers: [("Accept", "text/html")]).status == 404)
        }
        #expect(try server.stop() == .code(0))
        let lines = server.log.split(separator: "\n")
        #expect(lines.count { $0.contains("status=404") } == 10)
        #expect(lines.count { $0.contains("without a key") && $0.contains("count=30") } == 1)
    }

    @Test func `long requests without a key do not stop others`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let form = Array(String(repeating: "%41+=&", count: 10_000).utf8)
        let long = String(repeating: "+&", count: 30_000)
        for _ in 0..<4 {
            let requests: [(String, String, [(String, String)], [UInt8]?)] = [
                ("POST", "/console/sign-in", [], form), ("GET", "/console/sign-in?next=\(long)", [], nil),
                ("GET", "/console/sends?\(long)", [("Cookie", String(repeating: "a;", count: 20_000))], nil),
                ("GET", "/send-logs/none?\(long)", tenant.headers, nil),
                (
                    "GET", "/console/assets/style.css", [("Accept-Encoding", String(repeating: "a,", count: 20_000))],
                    nil
                ),
                ("GET", "/campaigns", [("Authorization", "Bearer" + String(repeating: " ", count: 60_000) + "x")], nil),
            ]
            for (method, target, fields, body) in requests {
                let status = try server.connect().request(method, target, headers: fields, body: body).status
                #expect((200..<500).contains(status), "\(method) \(target.prefix(40)): \(status)")
            }
        }
        // A request is served before all of the 32 long forms that were sent earlier.
        let slow = try (0..<32).map { _ in
            let connection = try server.connect()
            try connection.send(head: "POST", "/console/sign-in", length: form.count)
            try connection.send(form)
            return connection
        }
        #expect(try server.connect().request("GET", "/health").status == 200)
        #expect(slow.contains { $0.isSilent })
        for connection in slow { #expect(try connection.response().status == 400) }
        #expect(try tenant.get("/send-logs/send-1").status == 200)
        #expect(try server.stop() == .code(0))
    }

    @Test func `imports and long send logs are limited per organisation`() throws {
        let server = try Server(arguments: ["--max-uploads-per-organisation", "2"])
        let tenant = try server.tenant()
        let open = try (0..<2).map { number in
            let connection = try server.connect()
            let path = number == 0 ? "/send-logs/import" : "/send-logs"
            try connection.send(head: "POST", path, headers: tenant.headers, isChunked: true)
            try connection.send(chunk: Array(" ".utf8))
            return connection
        }
        let refused = { try tenant.request("POST", "/send-logs/import", body: []) }
        #expect(Deadline.poll(for: 60) { (try? refused().status) == 429 })
        let response = try refused()
        #expect(response["retry-after"] == "1")
        #expect(try response.json()["error"]["code"] == "rate_limited")
        // A send log that arrives at once does not count as an upload.
        try tenant.record(SampleLog(id: "send-1"))
        for connection in open {
            try connection.endChunks()
            #expect([200, 400].contains(try connection.response().status))
        }
        #expect(Deadline.poll(for: 60) { (try? refused().status) == 200 })
        #expect(try server.stop() == .code(0))
    }

    @Test func `streamed responses are limited per organisation and in total`() throws {
        let server = try Server(arguments: ["--max-streams-per-organisation", "2", "--max-streams", "3"])
        let tenants = try (0..<2).map { _ in try server.tenant() }
        let body = LargeBodies.log("send-1", destinations: LargeBodies.destinations(700_000))
        for tenant in tenants { #expect(try tenant.request("POST", "/send-logs", body: body).status == 201) }
        let list = "/send-logs/send-1?group_destinations=list"
        func stall(_ tenant: Tenant) throws -> HTTPConnection {
            let connection = try server.connect(receiveBuffer: 4096)
            try connection.send(head: "GET", list, headers: tenant.headers)
            #expect(try connection.responseHead().status == 200)
            return connection
        }
        var stalled = [try stall(tenants[0]), try stall(tenants[0])]
        let overOrganisation = try tenants[0].get(list)
        #expect(overOrganisation.status == 429)
        #expect(try overOrganisation.json()["error"]["code"] == "rate_limited")
        #expect(overOrganisation["retry-after"] == "1")
        #expect(try overOrganisation.json()["error"]["resetsAt"] == .null)
        stalled.append(try stall(tenants[1]))
        let overTotal = try tenants[1].get(list)
        #expect(overTotal.status == 503)
        let limit = "it can have at most 3 exports and other long responses at the same time"
        #expect(overTotal.text.contains("the server is overloaded: \(limit); retry after 1 s"))
        #expect(overTotal["retry-after"] == "1")
        // Responses that are not streamed are not limited.
        for tenant in tenants { #expect(try tenant.get("/send-logs/send-1").status == 200) }
        stalled.removeAll()
        #expect(Deadline.poll(for: 60) { (try? tenants[0].get(list).status) == 200 })
        #expect(try server.stop() == .code(0))
    }

    @Test func `an export of many sends to a recipient counts as several streams`() throws {
        let server = try Server(arguments: ["--max-streams-per-organisation", "2"])
        let tenant = try server.tenant()
        let lines = LargeBodies.lines(0..<60_000, padding: 200)
        #expect(try tenant.request("POST", "/send-logs/import", body: lines).data()["recorded"] == 60_000)
        func stall(_ body: String) throws -> HTTPConnection {
            let connection = try server.connect(receiveBuffer: 4096)
            try connection.send(head: "POST", "/send-logs/export", headers: tenant.headers, length: body.utf8.count)
            try connection.send(body)
            #expect(try connection.responseHead().status == 200)
            return connection
        }
        // It holds more than 400 KB, 8 bytes for each send.
        var stalled = [try stall(#"{"find":{"destination":"27821234567"}}"#)]
        let refused = try tenant.post("/send-logs/export", "{}")
        #expect(refused.status == 429 && refused.text.contains("2 exports and other long responses"))
        stalled.removeAll()
        #expect(Deadline.poll(for: 60) { (try? tenant.post("/send-logs/export", "{}").status) == 200 })
        stalled = try (0..<2).map { _ in try stall("{}") }
        #expect(try tenant.post("/send-logs/export", "{}").status == 429)
        #expect(try server.stop() == .code(0))
    }
}
