import TestSupport
import Testing

/// Valid input with random changes.
@Suite struct MutationTests {
    private static func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &random)
            let end = min(bytes.count, index + Int.random(in: 1...20, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(index..<end)
            case 2: bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &random))
            case 3: bytes.insert(UInt8("{}[]\":,\\0-e.n\n ".utf8.randomElement(using: &random) ?? 0), at: index)
            case 4: bytes.removeLast(min(bytes.count, Int.random(in: 1...30, using: &random)))
            default: bytes.swapAt(index, Int.random(in: bytes.indices, using: &random))
            }
        }
        return bytes
    }

    @Test(.timeLimit(.minutes(60)))
    func `a randomly changed body is accepted or refused, and never gets a 5xx status`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        let seed = TestSeed.printed("a randomly changed body is accepted or refused, and never gets a 5xx status")
        var random = SplitMix64(seed: seed)
        let log = SampleLog(id: "send-1", message: "môre 🎉 \"x\"", destinations: ["27821234567", "a@example.org"])
        let search =
            #"{"find":{"campaign_id":["spring"],"startDeliveryAt":{"$gte":"2022-01-01"}},"options":{"skip":1}}"#
        let bodies = [
            ("/send-logs", log.json), ("/send-logs/search", search),
            ("/send-logs/import", "\(log.json)\n\(log.json)\n"),
        ]
        var statuses: Set<Int> = []
        var connection = try server.connect()
        for step in 0..<TestScale.count(3000, soak: 60_000) {
            let (path, whole) = bodies[step % 3]
            let body = Self.mutated(Array(whole.utf8), &random)
            let response = try connection.request("POST", path, headers: tenant.headers, body: body)
            statuses.insert(response.status)
            let context: Comment = "seed \(seed), step \(step): \(String(decoding: body, as: UTF8.self))"
            try #require([200, 201, 400, 409, 413].contains(response.status), context)
            #expect(try (response.json()["ok"] == .bool(true)) == (response.status < 300), context)
            if response["connection"] == "close" { connection = try server.connect() }
        }
        // Only the first recording of the log gets 201, and an import may have been the first.
        #expect(statuses.isSuperset(of: [200, 400]))
        #expect(try server.command("database", "check").exit == .code(0))
        #expect(try server.stop() == .code(0))
        #expect(!server.log.contains(" error "))
    }

    @Test(.timeLimit(.minutes(60)))
    func `a randomly changed request gets no 5xx status, and the database stays consistent`() throws {
        // Each request has a different client address, because the server delays clients that send invalid keys.
        let server = try Server(arguments: ["--trusted-proxies", "127.0.0.1"])
        let tenant = try server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let seed = TestSeed.printed("a randomly changed request gets no 5xx status, and the database stays consistent")
        var random = SplitMix64(seed: seed)
        let body = SampleLog(id: "send-2").json
        let steps = TestScale.count(1000, soak: 20_000)
        var answered = 0
        for step in 0..<steps {
            let whole = """
                POST /send-logs?group_destinations=list HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(tenant.key)\r\n\
                X-Forwarded-For: 10.\(step / 62_500).\(step / 250 % 250).\(step % 250)\r\nContent-Type: application/json\r\n\
                X-Request-Id: abc\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
                """
            let connection = try server.connect()
            _ = try connection.sendUnlessEnded(Self.mutated(Array(whole.utf8), &random))
            connection.finishSending()
            let responses = String(decoding: try connection.readToEndOrReset(), as: UTF8.self)
            try #require(!responses.contains("HTTP/1.1 5"), "seed \(seed), step \(step): \(responses)")
            if responses.hasPrefix("HTTP/1.1 ") { answered += 1 }
        }
        // Nearly all requests get a response, even if only a 400.
        #expect(answered * 5 > steps * 4, "seed \(seed): only \(answered) of \(steps) requests got a response")
        #expect(try tenant.get("/send-logs/send-1").status == 200)
        #expect(try server.command("database", "check").exit == .code(0))
        #expect(try server.stop() == .code(0))
        #expect(!server.log.contains(" error "))
    }
}
