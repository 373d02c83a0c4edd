import Glibc
import TestSupport
import Testing

extension UnderLoad {
    /// The server is killed while it extends and merges recipient indexes.
    @Suite struct RecipientIndexTests {
        /// The people to whom the send logs went.
        private static let people = 24

        private static func number(_ person: Int) -> String { "2782\(1_000_000 + person * 4321)" }

        /// A few people in several notations; some lists are long, with many others.
        @Sendable private static func destinations(_ number: Int) -> [String] {
            let some = (0..<number % 4).map { index in
                let person = (number * 7 + index * 5) % people
                let notation = ["", "+", "00", "tel:+"][(number + index) % 4]
                return notation + Self.number(person)
            }
            return some + (0..<(number % 200 == 7 ? 9000 : 0)).map { "2783\(2_000_000 + number % 1000 * 100 + $0)" }
        }

        @Test(.timeLimit(.minutes(30)))
        func `after each kill -9, searches by recipient find what the send logs have`() throws {
            let first = try Server()
            var server = first
            let owners = try (0..<4).map { _ in try server.tenant() }
            let ledgers = owners.map { _ in CrashLedger(destinations: Self.destinations) }
            var random = SplitMix64(defaultSeed: 20_220_401)
            // Each round adds some segments to each index; eight of them are merged.
            for round in 0..<TestScale.kills * 3 {
                let counts = ledgers.map(\.acknowledged.count)
                let workers = zip(owners, ledgers).map { owner, ledger in
                    let tenant = owner.on(server)
                    return Background { ledger.create(in: tenant, prefix: "create-\(round)") }
                }
                let isBusy = Deadline.poll(for: 60) {
                    zip(ledgers, counts).allSatisfy { $0.acknowledged.count > $1 + 20 }
                }
                #expect(isBusy, "round \(round)")
                usleep(UInt32.random(in: 0...2_000_000, using: &random))
                try server.crash()
                for worker in workers { try worker.value() }

                server = try Server(in: first.folder, database: first.database)
                for (owner, ledger) in zip(owners, ledgers) {
                    try Self.expectSearches(of: owner.on(server), toFind: ledger, &random, round)
                }
                let check = try server.command("database", "check")
                #expect(check.exit == .code(0), "round \(round): \(check)")
            }
            try Self.expectIndexed(server)
            for (owner, ledger) in zip(owners, ledgers) {
                try Self.expectSearches(of: owner.on(server), toFind: ledger, &random, -1)
                #expect(ledger.unexpected == [])
            }
            let check = try server.command("database", "check")
            #expect(check.exit == .code(0), "\(check)")
            #expect(try server.stop() == .code(0))
        }

        /// Compares searches for some people with the lists of the send logs that are stored.
        private static func expectSearches(
            of tenant: Tenant,
            toFind ledger: CrashLedger,
            _ random: inout SplitMix64,
            _ round: Int
        ) throws {
            let (sent, stored) = (ledger.sent, try ids(tenant, find: ""))
            #expect(ledger.acknowledged.isSubset(of: stored), "round \(round)")
            for _ in 0..<6 {
                let number = number(Int.random(in: 0..<people + 1, using: &random))
                let asked = ["", "+", "00", "tel:+"].randomElement(using: &random) ?? ""
                let found = try ids(tenant, find: "\"destination\":\"\(asked)\(number)\"")
                let expected = stored.filter { sent[$0]?.destinations.contains { $0.hasSuffix(number) } ?? false }
                #expect(found == expected, "round \(round), \(number): \(found.symmetricDifference(expected))")
            }
        }

        /// Returns the IDs of all send logs that a search finds, and expects each once.
        private static func ids(_ tenant: Tenant, find: String) throws -> Set<String> {
            var (found, count, total): (Set<String>, Int, Int) = ([], 0, 0)
            repeat {
                let options = #""options":{"sort":{"startDeliveryAt":1},"skip":\#(count),"limit":10000}"#
                let data = try tenant.search("{\"find\":{\(find)},\(options)}")
                let page = data["send_logs"].elements.compactMap(\.["_id"].string)
                total = data["total"].integer ?? -1
                found.formUnion(page)
                count += page.count
                if page.isEmpty { break }
            } while count < total
            #expect(count == total && found.count == count, "\(find)")
            return found
        }

        /// Waits until the indexes have all send logs; a killed server's lease delays them.
        private static func expectIndexed(_ server: Server) throws {
            var metrics = ""
            let isIndexed = try Deadline.poll(for: 120) {
                metrics = try server.connect().request("GET", "/metrics").text
                return metrics.contains("\nsendlog_recipient_index_behind_send_logs 0\n")
            }
            #expect(isIndexed, "\(metrics)")
        }
    }
}
