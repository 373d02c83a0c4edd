import Foundation
import TestSupport
import Testing

extension UnderLoad {
    /// The server's memory does not grow with the size of requests and responses.
    @Suite struct MemoryTests {
        @Test(.timeLimit(.minutes(10)))
        func `a million destinations are recorded, counted and listed in less than 150 MB`() throws {
            let server = try Server()
            let tenant = try server.tenant()
            let body = LargeBodies.log("send-1", destinations: LargeBodies.destinations(1_000_000))
            #expect(try tenant.request("POST", "/send-logs", body: body).status == 201)
            #expect(try ServerMemory(of: server).peak < 150)
            // The digest identifies a repetition.
            #expect(try tenant.request("POST", "/send-logs", body: body).status == 200)
            #expect(try tenant.get("/send-logs/send-1").data()["destinations"] == 1_000_000)
            #expect(try tenant.get("/send-logs/send-1?group_destinations=list").dataBytes == body)
            let found = try tenant.post("/send-logs/search?group_destinations=list", "{}")
            let start = Array(#"{"ok":true,"data":{"total":1,"send_logs":["#.utf8) + body + Array(#"],"parsed":{"#.utf8)
            #expect(found.body.starts(with: start))
            #expect(try tenant.request("POST", "/send-logs/import", body: body).data()["existing"] == 1)
            let memory = try ServerMemory(of: server)
            #expect(memory.peak < 150, "the peak was \(memory.peak) MB")
            #expect(try server.stop() == .code(0))
        }

        @Test(.timeLimit(.minutes(10)))
        func `a client that stops reading a long list takes little memory, and others are served`() throws {
            let server = try Server()
            let tenant = try server.tenant()
            let body = LargeBodies.log("send-1", destinations: LargeBodies.destinations(700_000))
            #expect(try tenant.request("POST", "/send-logs", body: body).status == 201)
            try ServerMemory.forgetPeak(of: server)
            let before = try ServerMemory(of: server).resident
            let readers = try (0..<10).map { _ in
                let connection = try server.connect(receiveBuffer: 4096)
                try connection.send(head: "GET", "/send-logs/send-1?group_destinations=list", headers: tenant.headers)
                #expect(try connection.responseHead().status == 200)
                return connection
            }
            for number in 0..<100 {
                try tenant.record(SampleLog(id: "other-\(number)"))
                #expect(try tenant.get("/send-logs/other-\(number)").status == 200)
            }
            let growth = try ServerMemory(of: server).peak - before
            // Ten times the list would be 98 MB.
            #expect(growth < 40, "ten clients that stopped reading take \(growth) MB")
            // A client that continues to read gets the rest.
            var listed: [UInt8] = []
            while let chunk = try readers[0].chunk() { listed += chunk }
            let whole = Array(#"{"ok":true,"data":"#.utf8) + body + Array(#","requestId":""#.utf8)
            #expect(listed.starts(with: whole) && listed.suffix(2) == Array("\"}".utf8)[...])
            let peak = try ServerMemory(of: server).peak
            #expect(peak < 110, "the peak was \(peak) MB")
        }

        @Test(.timeLimit(.minutes(10)))
        func `a streamed response that its client does not read takes less than 400 KB`() throws {
            // Checkpoints change which pages are mapped and which are cached while the test measures.
            // Each reader has a cache of 2 MB, and the warm-up would fill only some of them.
            let flags = [
                "--max-streams-per-organisation", "1000", "--sqlite-checkpoint-seconds", "0", "--sqlite-readers", "1",
            ]
            let server = try Server(arguments: flags)
            let tenant = try server.tenant()
            let list = LargeBodies.log("list", destinations: LargeBodies.destinations(700_000))
            #expect(try tenant.request("POST", "/send-logs", body: list).status == 201)
            let lines = LargeBodies.lines(0..<40_000, padding: 200)
            #expect(try tenant.request("POST", "/send-logs/import", body: lines).data()["recorded"] == 40_000)
            let requests: [(method: String, target: String, fields: [(String, String)], body: String)] = [
                ("GET", "/send-logs/list?group_destinations=list", [], ""),
                ("GET", "/send-logs/list?group_destinations=list", [("Accept-Encoding", "gzip")], ""),
                ("POST", "/send-logs/export?format=csv", [], "{}"),
                ("POST", "/send-logs/export?group_destinations=list", [], "{}"),
                ("POST", "/send-logs/search", [], #"{"options":{"limit":10000}}"#),
                ("POST", "/send-logs/export", [], #"{"find":{"destination":"27821234567"}}"#),
            ]
            // Warm-up: the first response of each kind allocates memory that the next ones reuse.
            for (method, target, fields, body) in requests {
                let response = try tenant.request(method, target, headers: fields, body: Array(body.utf8))
                #expect(response.status == 200)
            }
            // On PostgreSQL, each response waits for a connection.
            let count = TestScale.count(TestPaths.isOnPostgres ? 25 : 100, soak: 100)
            for (method, target, fields, body) in requests {
                let before = try ServerMemory(of: server).resident
                let readers = try (0..<count).map { _ in
                    let connection = try server.connect(receiveBuffer: 4096)
                    let headers = tenant.headers + fields
                    try connection.send(head: method, target, headers: headers, length: body.utf8.count)
                    try connection.send(body)
                    #expect(try connection.responseHead().status == 200)
                    return connection
                }
                // The server sends each response until the buffers of client and server are full.
                let growth = try ServerMemory.settled(of: server).resident - before
                // Each of the 40,000 sends to the recipient takes 8 bytes more, once.
                let most = body.contains("find") ? 400 + 313 : 400
                #expect(
                    growth * 1024 < most * readers.count,
                    "\(readers.count) responses of \(target) take \(growth) MB"
                )
            }
            #expect(try server.stop() == .code(0))
        }

        @Test(.timeLimit(.minutes(10)))
        func `the server returns memory to the system after a peak`() throws {
            let server = try Server(arguments: ["--max-streams-per-organisation", "1000"])
            let tenant = try server.tenant()
            let list = LargeBodies.log("list", destinations: LargeBodies.destinations(700_000))
            #expect(try tenant.request("POST", "/send-logs", body: list).status == 201)
            let before = try ServerMemory(of: server).resident
            var readers = try (0..<700).map { _ in
                let connection = try server.connect(receiveBuffer: 4096)
                try connection.send(head: "GET", "/send-logs/list?group_destinations=list", headers: tenant.headers)
                #expect(try connection.responseHead().status == 200)
                return connection
            }
            let peak = try ServerMemory(of: server).resident
            try #require(peak - before > 100, "the peak was only \(peak - before) MB higher")
            readers.removeAll()
            _ = Deadline.poll(for: 120) { ((try? ServerMemory(of: server).resident) ?? peak) < before + 64 }
            let after = try ServerMemory(of: server).resident
            #expect(after < before + 64, "\(before) MB before, \(peak) at the peak, \(after) after")
            #expect(try server.stop() == .code(0))
        }

        @Test(.timeLimit(.minutes(10)))
        func `an import of many lines takes constant memory`() throws {
            let server = try Server()
            let tenant = try server.tenant()
            let count = TestScale.count(100_000, soak: 1_000_000)
            let connection = try server.connect()
            try connection.send(head: "POST", "/send-logs/import", headers: tenant.headers, isChunked: true)
            var peak = 0
            for start in stride(from: 0, to: count, by: 10_000) {
                peak = max(peak, try ServerMemory(of: server).anonymous)
                try connection.send(chunk: LargeBodies.lines(start..<start + 10_000, padding: 600))
                if start == count / 2 { try connection.send(chunk: Array("a bad line in the middle\n".utf8)) }
            }
            try connection.endChunks()
            let data = try connection.response().data()
            // The lines together are 79 MB, or 790.
            #expect(peak < 60, "the peak was \(peak) MB")
            #expect(data["recorded"] == JSON.number(Double(count)))
            #expect(data["failed"] == 1)
            #expect(data["errors"][0]["line"] == JSON.number(Double(count / 2 + 10_001)))
            #expect(try tenant.total() == count)
            let last = try tenant.ids(#"{"options":{"skip":\#(count - 1),"limit":5,"sort":{"startDeliveryAt":1}}}"#)
            #expect(last == ["send-\(count - 1)"])
            #expect(try server.command("database", "check").exit == .code(0))
            #expect(try server.stop() == .code(0))
        }

        @Test(.timeLimit(.minutes(10)))
        func `a line of 100 MB fails alone, and takes constant memory`() throws {
            let server = try Server()
            let tenant = try server.tenant()
            let connection = try server.connect()
            try connection.send(head: "POST", "/send-logs/import", headers: tenant.headers, isChunked: true)
            try connection.send(chunk: LargeBodies.lines(0..<100))
            try connection.send(chunk: Array(#"{"campaign_id":"c","message":""#.utf8))
            let megabyte = [UInt8](repeating: UInt8(ascii: "m"), count: 1_000_000)
            for _ in 0..<100 { try connection.send(chunk: megabyte) }
            try connection.send(chunk: Array("\",\"triggeredBy\":\"api\",\"destinations\":[]}\n".utf8))
            try connection.send(chunk: LargeBodies.lines(100..<200))
            try connection.endChunks()
            let data = try connection.response().data()
            #expect(data["recorded"] == 200)
            #expect(data["failed"] == 1)
            #expect(data["errors"][0]["line"] == 101)
            #expect(data["errors"][0]["code"] == "invalid_request")
            #expect(data["errors"][0]["message"].string?.contains("message") == true)
            let peak = try ServerMemory(of: server).peak
            #expect(peak < 90, "the peak was \(peak) MB")
            #expect(try tenant.total() == 200)
        }
    }
}
