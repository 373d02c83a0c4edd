import TestSupport
import Testing

/// Requests with an `Idempotency-Key` when the server or the database fails.
@Suite(.blocking) struct IdempotencyRecoveryTests {
    @Test func `a response is replayed after a restart`() throws {
        let folder = try TemporaryFolder()
        let server = try Server(in: folder)
        let tenant = try server.tenant()
        let first = try tenant.request(key: "a")
        #expect(first.status == 201)
        #expect(try server.stop() == .code(0))
        let next = try Server(in: folder)
        try expectReplay(tenant.on(next).request(key: "a"), of: first)
        #expect(try tenant.on(next).total() == 1)
    }

    @Test func `a request in progress gets 409, and after its lease it is continued`() throws {
        let tenant = try Server().tenant()
        let key = "lease"
        let first = try tenant.request(key: key)
        let id = try first.data(201)["_id"]
        // As after a crash between the two transactions; the lease lasts for a minute.
        try tenant.server.executeSQL("UPDATE idempotency_keys SET status = NULL WHERE key = 'lease'")
        let busy = try tenant.request(key: key)
        try expectFailure(busy, 409, "conflict", says: "in progress")
        #expect(busy["retry-after"] == "1")
        try expectFailure(tenant.request(key: key, "{}"), 422, "idempotency_key_reused")
        try tenant.server.executeSQL("UPDATE idempotency_keys SET lease_until = 0 WHERE key = 'lease'")
        let continued = try tenant.request(key: key)
        #expect(try continued.data(201)["_id"] == id)
        #expect(continued["idempotency-replayed"] == nil && continued["location"] == first["location"])
        try expectReplay(tenant.request(key: key), of: continued)
        #expect(try tenant.total() == 1)
    }

    @Test func `a failure of the server is not kept`() throws {
        let server = try Server(in: TemporaryFolder())
        let tenant = try server.tenant()
        try server.executeSQL(
            "CREATE TRIGGER refuse BEFORE INSERT ON send_logs BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
        for _ in 0..<2 { #expect(try tenant.request(key: "a").status >= 500) }
        try expectFailure(tenant.request(key: "a", "{}"), 422, "idempotency_key_reused")
        try server.executeSQL("DROP TRIGGER refuse")
        let recorded = try tenant.request(key: "a")
        #expect(recorded.status == 201)
        try expectReplay(tenant.request(key: "a"), of: recorded)
        #expect(try tenant.total() == 1)
    }

    @Test func `after a kill -9, each repeated request is recorded exactly once`() throws {
        let folder = try TemporaryFolder()
        var server = try Server(in: folder)
        let owner = try server.tenant()
        // The number of requests that each client sent, and how many of them were acknowledged.
        var sent: [(sent: Int, acknowledged: Int)] = []
        for round in 0..<TestScale.kills {
            let tenant = owner.on(server)
            let begun = Flag()
            let clients = (0..<4).map { client in
                Background {
                    let connection = try tenant.server.connect()
                    for number in 0... {
                        if number > 10 { begun.raise() }
                        let headers = tenant.headers + [("Idempotency-Key", "\(round)-\(client)-\(number)")]
                        do {
                            let body = Array(Self.body(number).utf8)
                            let response = try connection.request("POST", "/send-logs", headers: headers, body: body)
                            _ = try response.data(201)
                        } catch let failure as ConnectionFailure where failure.isEnd {
                            return number
                        }
                    }
                    return 0
                }
            }
            #expect(Deadline.poll(for: 60) { begun.isRaised })
            try server.crash()
            let acknowledged = try clients.map { try $0.value() }
            sent += acknowledged.map { (sent: $0 + 1, acknowledged: $0) }
            server = try Server(in: folder)
            // Leases of killed servers end after a minute.
            try server.executeSQL("UPDATE idempotency_keys SET lease_until = 0")
            for (client, count) in acknowledged.enumerated() {
                for number in 0...count {
                    let response = try owner.on(server).request(
                        key: "\(round)-\(client)-\(number)",
                        Self.body(number)
                    )
                    #expect(response.status == 201)
                    #expect(number == count || response["idempotency-replayed"] == "true")
                }
            }
            #expect(try owner.on(server).total() == sent.reduce(0) { $0 + $1.sent })
            #expect(try server.command("database", "check").exit == .code(0))
        }
    }

    /// The JSON of a send log without an `_id`.
    private static func body(_ number: Int) -> String {
        SampleLog(id: "", message: "message \(number)").json("_id", nil)
    }

    @Test func `expired keys are deleted`() throws {
        let server = try Server(in: TemporaryFolder())
        let tenant = try server.tenant()
        for key in ["old", "new"] { #expect(try tenant.request(key: key).status == 201) }
        try server.executeSQL("UPDATE idempotency_keys SET created = created - 86400000 WHERE key = 'old'")
        let path = server.folder.file("test.sqlite")
        // The server looks for them every 30 seconds.
        let isDeleted = try Deadline.poll(for: 120, every: 200_000) {
            try Command.tool("sqlite3", path, "SELECT key FROM idempotency_keys").succeeded().output == "new\n"
        }
        #expect(isDeleted)
        #expect(try tenant.request(key: "old").status == 201)
        #expect(try tenant.total() == 3)
    }
}
