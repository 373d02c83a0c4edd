import Foundation
import SendLogCore
import TestSupport
import Testing

@testable import SendLogWebhooks

/// Requests as bytes on the wire, and the results of unusual responses.
struct HTTPWebhookClientWireTests {
    private static func client(timeout: Duration = .seconds(10)) throws -> HTTPWebhookClient {
        HTTPWebhookClient(
            rules: try AddressRules(allowing: "127.0.0.1"),
            timeout: timeout,
            lookup: StubAddressLookup(["127.0.0.1"])
        )
    }

    private static func receiver(
        _ response: String = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        end: HostileReceiver.Reply.End = .close
    ) throws -> HostileReceiver {
        try HostileReceiver { _ in .init(pieces: [Array(response.utf8)], end: end) }
    }

    /// Makes an attempt, and parses the request.
    private static func request(_ url: String, body: String = "{}", more: String = "") async throws -> (
        line: String, fields: [String: String]
    ) {
        let (client, receiver) = (try client(), try receiver())
        defer { client.close() }
        let webhook = try Webhook.sample(url.replacing("PORT", with: "\(receiver.port)"), body: body, more: more)
        #expect(try await client.attempt(webhook).status == 200)
        let head = try #require(receiver.requests.first?.split(separator: "\r\n\r\n").first)
        let lines = head.split(separator: "\r\n").map(String.init)
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                parts[0].lowercased(),
                parts[1].trimmingCharacters(in: .whitespaces).replacing("\(receiver.port)", with: "PORT")
            )
        }
        return (lines[0], try Dictionary(fields) { _, _ in throw DuplicateField() })
    }

    private struct DuplicateField: Error {}

    @Test(
        arguments: [
            ("/caf%E9/hook?a=b", "/caf%E9/hook?a=b"), ("/%ff%00%2f", "/%ff%00%2f"), ("/a/../b/./c", "/a/../b/./c"),
            ("//double//", "//double//"), ("/%2e%2e/x", "/%2e%2e/x"), ("/a;b=c,d!$&'()*+:@=", "/a;b=c,d!$&'()*+:@="),
            ("/?", "/?"), ("?a=b", "/?a=b"), ("", "/"), ("/x??y=?&&=", "/x??y=?&&="), ("/%C3%A9%7B", "/%C3%A9%7B"),
            ("/{{send._id}}/%E9?t={{send.triggeredBy}}", "/61f0e3c8a1b2c3d4e5f60718/%E9?t=manual"),
        ]
    )
    func `the URL is sent byte for byte as it was saved`(path: String, target: String) async throws {
        let (line, fields) = try await Self.request("http://127.0.0.1:PORT\(path)")
        #expect(line == "POST \(target) HTTP/1.1")
        #expect(fields["host"] == "127.0.0.1:PORT")
    }

    @Test(arguments: ["127.1", "LocalHost", "2130706433", "localhost."])
    func `the host is sent as it was written`(host: String) async throws {
        #expect(try await Self.request("HTTP://\(host):PORT/x").fields["host"] == "\(host):PORT")
    }

    @Test func `no unwanted header is sent`() async throws {
        let always = ["host", "user-agent", "idempotency-key", "webhook-id", "webhook-timestamp", "webhook-signature"]
        let post = try await Self.request("http://127.0.0.1:PORT/")
        #expect(Set(post.fields.keys) == Set(always + ["content-type", "content-length"]))
        #expect(post.fields["content-type"] == "application/json" && post.fields["content-length"] == "2")
        let query = try await Self.request(
            "http://127.0.0.1:PORT/x",
            body: #"{\"a\": 1}"#,
            more: #","encodeIntoUrl":true"#
        )
        #expect(query.line == "POST /x?a=1 HTTP/1.1")
        #expect(Set(query.fields.keys) == Set(always + ["content-length"]) && query.fields["content-length"] == "0")
        let get = try await Self.request(
            "http://127.0.0.1:PORT/x",
            body: #"{\"a\": 1}"#,
            more: #","encodeIntoUrl":true,"method":"GET""#
        )
        #expect(get.line == "GET /x?a=1 HTTP/1.1" && Set(get.fields.keys) == Set(always))
    }

    @Test func `the headers of a webhook are sent, also those without a value`() async throws {
        let headers =
            #","headers":{"Accept":"text/x","X-Empty":"","X-Blank":"  ","X-Semicolon":"a; b:c","Authorization":"Bearer 1"}"#
        let fields = try await Self.request("http://127.0.0.1:PORT/", more: headers).fields
        #expect(fields["accept"] == "text/x" && fields["authorization"] == "Bearer 1")
        #expect(fields["x-empty"] == "" && fields["x-blank"] == "" && fields["x-semicolon"] == "a; b:c")
    }

    @Test func `a receiver that closes after each response gets every request at the first attempt`() async throws {
        let (client, receiver) = (try Self.client(), try Self.receiver())
        defer { client.close() }
        let webhook = try Webhook.sample("http://127.0.0.1:\(receiver.port)/")
        for number in 0..<50 {
            let attempt = try await client.attempt(webhook)
            #expect(attempt.status == 200, "\(number): \(attempt)")
            // The close often arrives while the connection is idle, and often together with the next request.
            if number % 2 == 0 { try await Task.sleep(for: .milliseconds(number)) }
        }
        #expect(receiver.connections == 50)
    }

    @Test func `a request on a reused connection that is closed is repeated on a new one, once`() async throws {
        let receiver = try Self.receiver(end: .closeAtNext)
        let client = try Self.client()
        defer { client.close() }
        let webhook = try Webhook.sample("http://127.0.0.1:\(receiver.port)/")
        for number in 0..<10 {
            let attempt = try await client.attempt(webhook)
            #expect(attempt.status == 200, "\(number): \(attempt)")
        }
        // Fewer than 19 if the machine is so busy that a connection becomes too old to be reused.
        #expect(receiver.connections == 10 && receiver.requests.count > 10 && receiver.requests.count <= 19)
    }

    @Test(
        arguments: [
            "000", "001", "007", "042", "099", "101", "1000",
        ],
        [
            "Content-Length: 4\r\n\r\nbody", "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "\r\nbody",
            "\r\n",
        ]
    )
    func `an invalid status fails the attempt, which is retryable`(status: String, rest: String) async throws {
        let (client, receiver) = (try Self.client(), try Self.receiver("HTTP/1.1 \(status) X\r\n\(rest)"))
        defer { client.close() }
        let attempt = try await client.attempt(Webhook.sample("http://127.0.0.1:\(receiver.port)/"))
        #expect(attempt.status == nil && !attempt.isSuccess && attempt.isRetryable)
        #expect(attempt.problem?.hasPrefix("the receiver") == true, "\(attempt)")
    }

    @Test func `interim responses are skipped`() async throws {
        let interim = String(repeating: "HTTP/1.1 103 Early Hints\r\nRetry-After: 7\r\n\r\n", count: 20)
        let (client, receiver) = (
            try Self.client(),
            try Self.receiver("\(interim)HTTP/1.1 503 Busy\r\nRetry-After:  5 \r\nContent-Length: 2\r\n\r\nno")
        )
        defer { client.close() }
        let attempt = try await client.attempt(Webhook.sample("http://127.0.0.1:\(receiver.port)/"))
        #expect(
            attempt.status == 503 && attempt.retryAfter == 5 && attempt.responseBody == Array("no".utf8),
            "\(attempt)"
        )
    }

    /// libcurl 7.88 follows a pointer to freed memory here if handles are reused.
    @Test func `a response whose first header line is folded does not affect other requests`() async throws {
        let (client, receiver) = (try Self.client(), try Self.receiver("HTTP/1.1 200 OK\r\n folded\r\nX: y\r\n\r\n"))
        let healthy = try Self.receiver(end: .keepAlive)
        defer { client.close() }
        for _ in 0..<50 {
            #expect(try await client.attempt(Webhook.sample("http://127.0.0.1:\(healthy.port)/")).status == 200)
            let attempt = try await client.attempt(Webhook.sample("http://127.0.0.1:\(receiver.port)/"))
            #expect(attempt.status == 200 || attempt.problem == "the receiver did not respond with HTTP", "\(attempt)")
        }
    }

    @Test(arguments: [1, 70_000, 200_000]) func `endless headers fail the attempt`(length: Int) async throws {
        let line = "X-Header: \(String(repeating: "x", count: length))\r\n"
        let receiver = try HostileReceiver { _ in
            .init(pieces: [Array("HTTP/1.1 200 OK\r\n".utf8), Array(line.utf8)], end: .flood)
        }
        let client = try Self.client()
        defer { client.close() }
        let attempt = try await client.attempt(Webhook.sample("http://127.0.0.1:\(receiver.port)/"))
        #expect(attempt.problem == "the response headers are longer than 65536 bytes", "\(attempt)")
    }

    @Test func `a response that arrives before the body is sent counts`() async throws {
        let client = try Self.client()
        defer { client.close() }
        // The receiver does not close: a close before it has read the whole request would discard the response.
        let response = "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig"
        let receiver = try Self.receiver(response, end: .stall)
        // Longer than the part that is sent with the head.
        let webhook = try Webhook.sample(
            "http://127.0.0.1:\(receiver.port)/",
            body: #"{\"a\": \"{{send.message}}{{send.message}}{{send.message}}\"}"#
        )
        let send = try Self.send(message: String(repeating: "x", count: 60_000))
        for _ in 0..<5 {
            let attempt = try #require(
                await client.attempt(webhook, send, as: DeliveryID(SequenceNumber(1)), at: .earliest)
            )
            #expect(attempt.status == 413, "\(attempt)")
        }
    }

    @Test(
        arguments: [
            "\r\n", "junk", "HTTP/1.1 200 OK", "HTTP/1.1 408 Timeout", "HTTP/1.1 410 Gone",
            "HTTP/1.1 503 Busy\r\nRetry-After: 3600",
        ],
        [HostileReceiver.Reply.End.close, .keepAlive]
    )
    func `bytes on an idle connection do not count as the response to the next request`(
        stray: String,
        end: HostileReceiver.Reply.End
    ) async throws {
        let responseBody = "HTTP/1.1 202 Taken\r\nContent-Length: 0\r\n\r\n"
        let late = stray.hasPrefix("HTTP") ? "\(stray)\r\nContent-Length: 0\r\n\r\n" : stray
        let receiver = try HostileReceiver { _ in
            .init(pieces: [Array(responseBody.utf8), Array(late.utf8)], pause: 20, end: end)
        }
        let client = try Self.client()
        defer { client.close() }
        let webhook = try Webhook.sample("http://127.0.0.1:\(receiver.port)/")
        for number in 1...5 {
            let attempt = try await client.attempt(webhook)
            #expect(
                attempt.status == 202 && attempt.problem == nil && attempt.retryAfter == nil,
                "\(number): \(attempt)"
            )
            #expect(receiver.requests.count == number)
            let hasReplied = try await Deadline.wait(for: 60) { receiver.replies == number }
            #expect(hasReplied, "\(number): \(receiver.replies) replies")
        }
    }

    private static func send(message: String) throws -> WebhookSend {
        let record = Array(
            """
            {"_id":"a","campaign_id":"b","message":"\(message)","triggeredBy":"api",\
            "startDeliveryAt":"2022-01-26T08:00:00.000Z"
            """.utf8
        )
        let log = StoredSendLog(sequence: SequenceNumber(1), record: record, destinations: 1)
        return try WebhookSend(log, campaignName: nil, of: OrganisationID(1))
    }

    @Test func `a request over the size limit fails for good, and is not sent`() async throws {
        let client = try Self.client()
        defer { client.close() }
        let receiver = try Self.receiver()
        let template = String(repeating: "{{send.message}}", count: 4)
        let webhook = try Webhook.sample(
            "http://127.0.0.1:\(receiver.port)/?a=\(template)",
            more: #","headers":{"X-A":"\#(template)"}"#
        )
        let send = try Self.send(message: String(repeating: "é", count: 32_000))
        let attempt = try #require(
            await client.attempt(webhook, send, as: DeliveryID(SequenceNumber(1)), at: .earliest)
        )
        #expect(attempt.status == nil && !attempt.isRetryable)
        #expect(try receiver.countConnections() == 0)
        #expect(attempt.problem?.hasSuffix("bytes; the limit is 1000000") == true, "\(attempt.problem ?? "")")
    }
}
