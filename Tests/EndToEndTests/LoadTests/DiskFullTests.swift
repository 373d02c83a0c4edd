import TestSupport
import Testing

extension UnderLoad {
    /// The disk becomes full while the server records.
    @Suite struct DiskFullTests {
        /// Records logs until one is refused.
        ///
        /// - Returns: the acknowledged logs, the refused log and its response.
        private static func recordUntilRefused(
            _ prefix: String,
            in tenant: Tenant
        ) throws -> (recorded: [SampleLog], refused: SampleLog, response: HTTPResponse) {
            var recorded: [SampleLog] = []
            for number in 0..<20_000 {
                let message = (0..<40).map { "\(prefix) \(number) \(($0 + number) &* 2_654_435_761)" }.joined(
                    separator: " "
                )
                let log = SampleLog(id: "\(prefix)-\(number)", message: message)
                let response = try tenant.post("/send-logs", log.json)
                guard response.status == 201 else { return (recorded, log, response) }
                recorded.append(log)
            }
            throw TestFailure("the disk never became full")
        }

        private static func expectIntact(_ tenant: Tenant, contains logs: [SampleLog]) throws {
            #expect(try tenant.total() == logs.count)
            for start in stride(from: 0, to: logs.count, by: 5000) {
                let body = #"{"options":{"sort":{"startDeliveryAt":1},"skip":\#(start),"limit":5000}}"#
                let expected = logs[start..<min(start + 5000, logs.count)].map(\.id)
                #expect(try tenant.ids(body) == expected)
            }
        }

        @Test(.timeLimit(.minutes(10)))
        func `a full disk gets 503, reads still work, no log is incomplete, and recording works again`() throws {
            let disk = try SmallDisk(megabytes: 12)
            defer { withExtendedLifetime(disk) {} }
            let server = try Server(in: disk.folder)
            let tenant = try server.tenant()
            try tenant.record(SampleLog(id: "first"))
            var logs = [SampleLog(id: "first")]
            try disk.fill(atMost: 6_000_000)
            for round in ["one", "two"] {
                let (recorded, refused, response) = try Self.recordUntilRefused(round, in: tenant)
                logs += recorded
                #expect(round == "two" || recorded.count > 100, "the disk was not filled by recording")
                try expectFailure(response, 503, "unavailable")
                #expect((response["retry-after"].flatMap { Int($0) } ?? 0) >= 1)
                for word in ["SQL", "disk I/O", "tmpfs", disk.folder.path] { #expect(!response.text.contains(word)) }
                let batch = LargeBodies.lines(0..<3000)
                try expectFailure(tenant.request("POST", "/send-logs/import", body: batch), 503, "unavailable")

                // Reads still work while the disk is full.
                #expect(try tenant.get("/send-logs/first").status == 200)
                #expect(try tenant.get("/send-logs/\(refused.id)").status == 404)
                try Self.expectIntact(tenant, contains: logs)
                #expect(try server.command("database", "check").exit == .code(0))

                try disk.empty()
                #expect(try Deadline.poll(for: 60) { try tenant.post("/send-logs", refused.json).status != 503 })
                logs.append(refused)
                try Self.expectIntact(tenant, contains: logs)
                #expect(try server.command("database", "check").exit == .code(0))
                if round == "one" { try disk.fill() }
            }
            #expect(try server.stop() == .code(0))
            let restarted = try Server(in: disk.folder)
            let reopened = tenant.on(restarted)
            try Self.expectIntact(reopened, contains: logs)
            #expect(try restarted.stop() == .code(0))
        }

        @Test(.timeLimit(.minutes(10)))
        func `a list too long for the disk gets 503, and its space is released`() throws {
            let disk = try SmallDisk(megabytes: 4)
            defer { withExtendedLifetime(disk) {} }
            let server = try Server(in: disk.folder)
            let tenant = try server.tenant()
            let body = LargeBodies.log("send-1", destinations: LargeBodies.destinations(600_000))
            try expectFailure(tenant.request("POST", "/send-logs", body: body), 503, "unavailable")
            #expect(try tenant.total() == 0)
            #expect(try tenant.get("/send-logs/send-1").status == 404)
            // The space of the refused list is free again.
            #expect(
                try Deadline.poll(for: 60) { try tenant.post("/send-logs", SampleLog(id: "send-2").json).status != 503 }
            )
            #expect(try tenant.ids("{}") == ["send-2"])
            #expect(try server.command("database", "check").exit == .code(0))
            #expect(try server.stop() == .code(0))
        }
    }
}
