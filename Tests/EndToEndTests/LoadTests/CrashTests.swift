import Glibc
import TestSupport
import Testing

extension UnderLoad {
    /// The server is killed while it records.
    @Suite struct CrashTests {
        @Test(.timeLimit(.minutes(10)))
        func `after each kill -9, every acknowledged log is stored exactly once`() throws {
            let folder = try TemporaryFolder()
            var server = try Server(in: folder)
            let owner = try server.tenant()
            let ledger = CrashLedger()
            var random = SplitMix64(defaultSeed: 20_220_101)
            for round in 0..<TestScale.kills {
                let tenant = owner.on(server)
                let before = ledger.acknowledged.count
                let workers = (0..<5).map { worker in
                    Background {
                        if worker < 3 {
                            ledger.create(in: tenant, prefix: "create-\(round)-\(worker)")
                        } else {
                            ledger.importBatches(into: tenant, prefix: "import-\(round)-\(worker)")
                        }
                    }
                }
                // The kill must come during recording, each time at another moment.
                #expect(Deadline.poll(for: 60) { ledger.acknowledged.count > before + 20 })
                usleep(UInt32.random(in: 0...300_000, using: &random))
                try server.crash()
                for worker in workers { try worker.value() }

                server = try Server(in: folder)
                try Self.expect(owner.on(server), toContain: ledger, round)
                let check = try server.command("database", "check")
                #expect(check.exit == .code(0), "round \(round): \(check)")
                let integrity = try Command.tool("sqlite3", folder.file("test.sqlite"), "PRAGMA integrity_check")
                #expect(integrity.output == "ok\n", "round \(round): \(integrity)")
            }
            #expect(ledger.unexpected == [])
            #expect(ledger.sent.count > ledger.acknowledged.count, "nothing was in progress when the server was killed")
            #expect(try server.stop() == .code(0))
        }

        private static func expect(_ tenant: Tenant, toContain ledger: CrashLedger, _ round: Int) throws {
            let (sent, acknowledged) = (ledger.sent, ledger.acknowledged)
            var (found, counted, total): (Set<String>, Int, Int?) = ([], 0, nil)
            repeat {
                let body = #"{"options":{"sort":{"startDeliveryAt":1},"skip":\#(counted),"limit":10000}}"#
                let response = try tenant.post("/send-logs/search", body)
                let data = try response.data()
                total = data["total"].integer
                let page = data["send_logs"].elements
                for log in page {
                    let id = log["_id"].string ?? ""
                    found.insert(id)
                    let expected = sent[id]
                    #expect(log["message"].string == expected?.message, "round \(round): \(id) is not what was sent")
                    #expect(log["campaign_id"].string == expected?.campaign)
                    #expect(log["startDeliveryAt"].string == expected?.start)
                    #expect(log["destinations"].integer == expected?.destinations.count)
                }
                counted += page.count
                if page.isEmpty { break }
            } while counted < total ?? 0
            #expect(found.count == counted, "round \(round): a log is stored twice")
            #expect(counted == total)
            #expect(acknowledged.subtracting(found).isEmpty, "round \(round): acknowledged logs are missing")
            // Checks the lists of this round's logs, which could be incomplete.
            for id in found where id.contains("-\(round)-") {
                guard let log = sent[id], log.destinations.count > 4 || found.count < 200 else { continue }
                let response = try tenant.get("/send-logs/\(id)?group_destinations=list")
                #expect(response.dataText == log.listed, "round \(round): the list of \(id)")
            }
        }
    }
}
