import Glibc
import PostgresHarness
import TestSupport
import Testing

/// Requests with an `Idempotency-Key` on several servers with one database.
struct IdempotencyKeyServersTests {
    @Test func `a key is known to all servers, and concurrent requests on all of them record once`() throws {
        let postgres = try PostgresServer.shared()
        let database = try postgres.url(postgres.createDatabase())
        let servers = try (0..<3).map { _ in try Server(database: database) }
        let tenant = try servers[0].tenant()
        for round in 0..<5 {
            let responses = try inParallel(9) { sender in
                let client = tenant.on(servers[sender % 3])
                let deadline = Deadline(after: 60)
                var response = try client.request(key: "round-\(round)")
                while response.status == 409, !deadline.isOver {
                    usleep(10_000)
                    response = try client.request(key: "round-\(round)")
                }
                return response
            }
            let ids = try Set(responses.map { try $0.data(201)["_id"].string })
            #expect(ids.count == 1)
            #expect(responses.filter { $0["idempotency-replayed"] == nil }.count == 1)
            #expect(try tenant.total() == round + 1)
            let other = try tenant.on(servers[round % 3]).request(key: "round-\(round)", "{}")
            try expectFailure(other, 422, "idempotency_key_reused")
        }
        // A server that starts later knows the keys as well.
        let first = try tenant.request(key: "round-0")
        let later = try tenant.on(Server(database: database)).request(key: "round-0")
        #expect(try later.data(201) == first.data(201))
        #expect(later["idempotency-replayed"] == "true")
        #expect(try servers[0].command("database", "check").exit == .code(0))
    }
}
