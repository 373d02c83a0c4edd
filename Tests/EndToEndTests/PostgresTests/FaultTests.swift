import Foundation
import Glibc
import PostgresHarness
import TestSupport
import Testing

extension UnderLoad {
    /// Database faults during creates, imports and searches on two servers.
    @Suite struct FaultTests {
        /// The PostgreSQL server that tests restart, kill and disconnect; it is available again after each test.
        private static let postgres = Result { try PostgresServer() }

        /// Runs clients on two servers, and a fault of their database meanwhile.
        private func withFault(
            _ arguments: [String] = [],
            on postgres: PostgresServer? = nil,
            database: String? = nil,
            at url: String? = nil,
            _ fault: (PostgresServer, String, FaultLedger) throws -> Void
        ) throws {
            let postgres = try postgres ?? Self.postgres.get()
            let name = try database ?? postgres.createDatabase()
            let databaseURL = url ?? postgres.url(name)
            let servers = try (0..<2).map { _ in try Server(database: databaseURL, arguments: arguments) }
            let owner = try servers[0].tenant()
            let ledger = FaultLedger(servers.map { owner.on($0) })
            try ledger.run { try fault(postgres, name, ledger) }
            for server in servers { #expect(try server.stop() == .code(0)) }
        }

        @Test(.timeLimit(.minutes(10))) func `the database is restarted`() throws {
            try withFault { postgres, _, ledger in
                for _ in 0..<TestScale.kills {
                    try postgres.restart()
                    let before = ledger.count
                    #expect(Deadline.poll(for: 60) { ledger.count > before })
                }
            }
        }

        @Test(.timeLimit(.minutes(10))) func `the database crashes and is down for a while`() throws {
            try withFault { postgres, _, ledger in
                for _ in 0..<TestScale.kills {
                    let before = ledger.refusals
                    try postgres.kill()
                    // The next tests need the database, even if this one fails.
                    defer { try? postgres.start() }
                    #expect(Deadline.poll(for: 60) { ledger.refusals > before + 10 })
                    try postgres.start()
                    let recorded = ledger.count
                    #expect(Deadline.poll(for: 60) { ledger.count > recorded })
                }
            }
        }

        @Test(.timeLimit(.minutes(10))) func `the backends of the database are killed repeatedly`() throws {
            try withFault { postgres, name, _ in
                var killed = 0
                for _ in 0..<20 {
                    killed += try postgres.sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'"
                    ).count { $0 == "t" }
                    usleep(50_000)
                }
                #expect(killed > 20)
            }
        }

        @Test(.timeLimit(.minutes(10))) func `connections are cut repeatedly`() throws {
            let postgres = try Self.postgres.get()
            let proxy = try CuttableProxy(target: postgres.port)
            let name = try postgres.createDatabase()
            try withFault(on: postgres, database: name, at: postgres.url(name, port: proxy.port)) { _, _, _ in
                for _ in 0..<20 {
                    proxy.cutAll()
                    usleep(50_000)
                }
            }
            #expect(proxy.accepted > 20)
        }

        @Test(.timeLimit(.minutes(10))) func `the network stalls, and then all connections are cut`() throws {
            let postgres = try Self.postgres.get()
            let proxy = try CuttableProxy(target: postgres.port)
            let name = try postgres.createDatabase()
            let databaseURL = postgres.url(name, port: proxy.port)
            try withFault(["--postgres-wait-timeout", "1"], on: postgres, database: name, at: databaseURL) {
                _,
                _,
                ledger in
                let before = ledger.refusalsByClient
                proxy.freeze()
                // Reads are refused after 6 s, recording after 11 s. Each of the ten clients must get 503, and one of
                // them a second time after a retry.
                let isRefused = Deadline.poll(for: 180) {
                    let refusals = ledger.refusalsByClient
                    let more = refusals.map { $0.value - before[$0.key, default: 0] }
                    return more.count { $0 >= 1 } == 10 && more.contains { $0 >= 2 }
                }
                #expect(isRefused, "\(ledger.refusalsByClient), and \(before) before")
                proxy.cutAll()
                proxy.thaw()
            }
        }

        @Test(.timeLimit(.minutes(10))) func `another session locks a table, and later a head row`() throws {
            try withFault(["--postgres-wait-timeout", "1"]) { postgres, name, ledger in
                for lock in [
                    "LOCK TABLE send_logs IN ACCESS EXCLUSIVE MODE", "SELECT FROM organisation_heads FOR UPDATE",
                ] {
                    let blocker = Background {
                        try? postgres.sql("BEGIN; \(lock); SELECT pg_sleep(100); COMMIT", database: name)
                    }
                    // The lock waits until autovacuum ends, and requests wait behind it.
                    let isHeld = try Deadline.poll(for: 60) {
                        let query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
                        return try postgres.sql(query) == ["1"]
                    }
                    #expect(isHeld)
                    let before = ledger.refusals
                    #expect(Deadline.poll(for: 60) { ledger.refusals > before + 10 })
                    let ended = try postgres.sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
                    )
                    #expect(ended.contains("t"), "the lock was not held to the end")
                    _ = try blocker.value()
                }
            }
        }

        @Test(.timeLimit(.minutes(10))) func `the disk is full`() throws {
            let disk = try SmallDisk(megabytes: 40)
            let postgres = try PostgresServer()
            let folder = disk.folder.file("tablespace")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try postgres.changeOwner(folder)
            chmod(disk.folder.path, 0o755)
            try postgres.sql("CREATE TABLESPACE small LOCATION '\(folder)'")
            let name = try postgres.createDatabase(tablespace: "small")
            try withFault(on: postgres, database: name) { postgres, name, ledger in
                try disk.fill()
                let before = ledger.refusals
                #expect(Deadline.poll(for: 60) { ledger.refusals > before + 10 })
                // Reads still work.
                #expect(try postgres.sql("SELECT count(*) > 0 FROM send_logs", database: name) == ["t"])
                try disk.empty()
            }
            try postgres.stop(immediately: true)
            withExtendedLifetime(disk) {}
        }

        @Test(.timeLimit(.minutes(10))) func `a standby takes over at another address`() throws {
            let postgres = try PostgresServer()
            let name = try postgres.createDatabase()
            let standby = try PostgresServer(standbyOf: postgres, synchronous: true)
            let hosts = "postgres://sendlog@127.0.0.1:\(postgres.port),127.0.0.1:\(standby.port)/\(name)"
            try withFault(on: postgres, database: name, at: hosts) { postgres, _, _ in
                try postgres.kill()
                try standby.promote()
            }
            // The standby has the logs, and no server writes to the old primary when it returns.
            #expect(try standby.sql("SELECT count(*) > 100 FROM send_logs", database: name) == ["t"])
        }
    }
}
