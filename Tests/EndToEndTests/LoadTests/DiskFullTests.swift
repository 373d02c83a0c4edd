import TestSupport
import Testing

extension UnderLoad {
    /// The disk gets full while the server records.
    @Suite struct DiskFullTests {
        /// Records logs until one is refused.
        ///
        /// - Returns: those that were acknowledged, and the one that was refused with its answer.
        private static func recordUntilRefused(
            _ prefix: String,
            in tenant: Tenant
        ) throws -> (recorded: [SampleLog], refused: SampleLog, answer: HTTPResponse) {
            var recorded: [SampleLog] = []
            for number in 0..<20_000 {
                let message = (0..<40).map { "\(prefix) \(number) \(($0 + number) &* 2_654_435_761)" }.joined(
                    separator: " "
                )
                let log = SampleLog(id: "\(prefix)-\(number)", message: message)
                let answer = try tenant.post("/send-logs", log.json)
                guard answer.status == 201 else { return (recorded, log, answer) }
                recorded.append(log)
            }
            throw TestFailure("the disk never got full")
        }

        private static func expectIntact(_ tenant: Tenant, holds logs: [SampleLog]) throws {
            #expect(try tenant.total() == logs.count)
            for start in stride(from: 0, to: logs.count, by: 5000) {
                let body = #"{"options":{"sort":{"startDeliveryAt":1},"skip":\#(start),"limit":5000}}"#
                let expected = logs[start..<min(start + 5000, logs.count)].map(\.id)
                #expect(try tenant.ids(body) == expected)
            }
        }

        @Test(.timeLimit(.minutes(10)))
        func `a full disk is 503, reads go on, nothing is half there, and recording works again`() throws {
            let disk = try SmallDisk(megabytes: 12)
            defer { withExtendedLifetime(disk) {} }
            let server = try Server(in: disk.folder)
            let tenant = try server.tenant()
            try tenant.record(SampleLog(id: "first"))
            var logs = [SampleLog(id: "first")]
            try disk.fill(atMost: 6_000_000)
            for round in ["one", "two"] {
                let (recorded, refused, answer) = try Self.recordUntilRefused(round, in: tenant)
                logs += recorded
                #expect(round == "two" || recorded.count > 100, "the disk was not filled by recording")
                try expectFailure(answer, 503, "unavailable")
                #expect((answer["retry-after"].flatMap { Int($0) } ?? 0) >= 1)
                for word in ["SQL", "disk I/O", "tmpfs", disk.folder.path] { #expect(!answer.text.contains(word)) }
                let batch = LargeBodies.lines(0..<3000)
                try expectFailure(tenant.request("POST", "/send-logs/import", body: batch), 503, "unavailable")

                // Reads go on while nothing can be written.
                #expect(try tenant.get("/send-logs/first").status == 200)
                #expect(try tenant.get("/send-logs/\(refused.id)").status == 404)
                try Self.expectIntact(tenant, holds: logs)
                #expect(try server.command("database", "check").exit == .code(0))

                try disk.empty()
                #expect(try Deadline.poll(for: 60) { try tenant.post("/send-logs", refused.json).status != 503 })
                logs.append(refused)
                try Self.expectIntact(tenant, holds: logs)
                #expect(try server.command("database", "check").exit == .code(0))
                if round == "one" { try disk.fill() }
            }
            #expect(try server.stop() == .code(0))
            let again = try Server(in: disk.folder)
            let reopened = tenant.on(again)
            try Self.expectIntact(reopened, holds: logs)
            #expect(try again.stop() == .code(0))
        }

        @Test(.timeLimit(.minutes(10)))
        func `a list too long for the disk is 503, and leaves nothing behind`() throws {
            let disk = try SmallDisk(megabytes: 4)
            defer { withExtendedLifetime(disk) {} }
            let server = try Server(in: disk.folder)
            let tenant = try server.tenant()
            let body = LargeBodies.log("send-1", destinations: LargeBodies.destinations(600_000))
            try expectFailure(tenant.request("POST", "/send-logs", body: body), 503, "unavailable")
            #expect(try tenant.total() == 0)
            #expect(try tenant.get("/send-logs/send-1").status == 404)
            // What was written of it is free again.
            #expect(
                try Deadline.poll(for: 60) { try tenant.post("/send-logs", SampleLog(id: "send-2").json).status != 503 }
            )
            #expect(try tenant.ids("{}") == ["send-2"])
            #expect(try server.command("database", "check").exit == .code(0))
            #expect(try server.stop() == .code(0))
        }
    }
}
