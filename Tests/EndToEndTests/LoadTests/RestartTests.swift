import Glibc
import TestSupport
import Testing

extension UnderLoad {
    /// A crash never makes the server refuse its own database.
    @Suite struct RestartTests {
        @Test(.timeLimit(.minutes(20)))
        func `after each kill -9 at any moment, the server opens its database`() throws {
            let folder = try TemporaryFolder()
            // Checkpoints each second, so that kills come before, during and after restarts of the WAL.
            let flags = ["--sqlite-checkpoint-seconds", "1"]
            var server = try Server(in: folder, arguments: flags)
            let owner = try server.tenant()
            let ledger = CrashLedger()
            var random = SplitMix64(defaultSeed: 20_261_129)
            for round in 0..<TestScale.count(5, soak: 200) {
                let tenant = owner.on(server)
                let workers = (0..<2).map { worker in
                    Background { ledger.create(in: tenant, prefix: "\(round)-\(worker)") }
                }
                usleep(UInt32.random(in: 0...1_500_000, using: &random))
                try server.crash()
                for worker in workers { try worker.value() }
                server = try Server(in: folder, arguments: flags)
                #expect(try owner.on(server).total() >= ledger.acknowledged.count, "round \(round)")
            }
            #expect(ledger.unexpected == [])
            #expect(ledger.acknowledged.count > 0)
            #expect(try server.command("database", "check").succeeded().output == "ok\n")
        }
    }
}
