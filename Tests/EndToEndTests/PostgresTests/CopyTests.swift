import Foundation
import PostgresHarness
import TestSupport
import Testing

/// Copies from one database to another.
struct CopyTests {
    /// The kinds of databases.
    enum Kind: String, CaseIterable {
        case sqlite, postgres

        func database(in folder: TemporaryFolder) throws -> String {
            switch self {
            case .sqlite: return "sqlite:\(folder.file("copy-\(UUID().uuidString)"))"
            case .postgres:
                let postgres = try PostgresServer.shared()
                return try postgres.url(postgres.createDatabase())
            }
        }
    }

    private static func copy(_ from: String, _ to: String) throws -> Command {
        try Command.sendlog("database", "copy", from, to)
    }

    /// The responses that an organisation gets, for a comparison.
    private static func responses(_ tenant: Tenant) throws -> [String] {
        var responses = try [
            tenant.post("/send-logs/search", "{}").textWithoutID,
            tenant.post("/send-logs/search", #"{"options":{"skip":3,"limit":4,"sort":{"startDeliveryAt":1}}}"#)
                .textWithoutID,
            // Without the permission, both servers respond with 403.
            tenant.get("/campaigns?sort=name").textWithoutID,
            tenant.get("/webhooks").textWithoutID,
        ]
        for webhook in try tenant.get("/webhooks").json()["data"]["webhooks"].elements {
            responses.append(
                try tenant.get("/webhooks/\(webhook["_id"].string ?? "")/deliveries?state=waiting").textWithoutID
            )
        }
        for id in try tenant.ids("{}") {
            responses.append(try tenant.get("/send-logs/\(id)?group_destinations=list").textWithoutID)
        }
        return responses
    }

    @Test(arguments: [(Kind.sqlite, Kind.postgres), (.postgres, .sqlite), (.postgres, .postgres), (.sqlite, .sqlite)])
    func `a copy has all data, and gives the same responses`(from: Kind, to: Kind) throws {
        let folder = try TemporaryFolder()
        let server = try Server(database: from.database(in: folder))
        let tenants = try [
            server.tenant(permissions: "sendLog", "campaign", "webhook"),
            server.tenant(permissions: "sendLog.read", "sendLog.create"),
        ]
        for (index, tenant) in tenants.enumerated() {
            try tenant.record(
                (0..<700).map { number in
                    SampleLog(
                        id: number % 3 == 0
                            ? "log-\(number)" : String(number + 0x5f5a_1000, radix: 16) + "2e0e4c6c8c0c0c0c",
                        campaign: "c\(number % 4)",
                        message: "Hi \"\(index)\" 😀 \(number)",
                        start: "2022-01-\(10 + number % 18)T12:00:00.000Z",
                        destinations: (0..<number % 5).map { "2782\(1_000_000 + $0)" }
                            + (number == 9 ? ["jo@example.com"] : [])
                    )
                }
            )
        }
        let name = Array(#"{"name":"Spring 😀"}"#.utf8)
        #expect(try tenants[0].request("PUT", "/campaigns/c1", body: name).status == 200)
        // A list that is long enough for a spool.
        let long = LargeBodies.log("long", destinations: LargeBodies.destinations(400_000))
        #expect(try tenants[1].request("POST", "/send-logs", body: long).status == 201)
        try Self.createWaitingDelivery(tenants[0])
        _ = try server.command("key", "create", "--organisation", tenants[0].name, "--permission", "*").succeeded()
        _ = try server.command("key", "revoke", "--organisation", tenants[0].name, "key_3").succeeded()
        _ = try server.command("organisation", "set", tenants[0].name, "--calling-code", "27").succeeded()

        let target = try to.database(in: folder)
        let command = try Self.copy(server.database, target).succeeded()
        #expect(
            command.output == """
                copied 1402 send logs and 3 keys; verified 1402 send logs and \
                \(400_000 + 2 * 1401) destinations of 2 organisations

                """
        )
        let copy = try Server(database: target)
        for tenant in tenants {
            let copied = tenant.on(copy)
            #expect(try Self.responses(copied) == Self.responses(tenant))
        }
        #expect(try Self.keys(of: tenants[0].name, in: target) == Self.keys(of: tenants[0].name, in: server.database))
        let organisations = try copy.command("organisation", "list", "--json").succeeded().output
        #expect(organisations.contains(#""callingCode" : "27""#))
        #expect(try server.command("organisation", "list", "--json").succeeded().output == organisations)
        #expect(try copy.command("database", "check").exit == .code(0))
    }

    /// An organisation's keys without the time of last use, which each server writes once a minute.
    private static func keys(of organisation: String, in database: String) throws -> [[String: JSON]] {
        let list = ["key", "list", "--json", "--organisation", organisation, "--database", database]
        let keys = try JSON(parsing: Command(TestPaths.binary, list).succeeded().output.utf8).elements
        #expect(keys.count == 2 && keys[0]["permissions"] != .null, "\(keys)")
        return keys.map { $0.members.filter { $0.key != "lastUsed" } }
    }

    /// Creates a webhook with a waiting delivery, which failed because loopback is not allowed, and deactivates it.
    private static func createWaitingDelivery(_ tenant: Tenant) throws {
        let definition = #"{"name":"Spring 😀","url":"http://127.0.0.1:9/{{send._id}}","body":"[{{send.message}}]"}"#
        let made = try tenant.post("/webhooks", definition)
        let path = try "/webhooks/\(made.data(201)["_id"].string ?? "")"
        try tenant.record(SampleLog(id: "delivered", destinations: []))
        let hasWaitingDelivery = try Deadline.poll(for: 60) {
            try tenant.get("\(path)/deliveries").text.contains(#""waiting""#)
        }
        #expect(hasWaitingDelivery)
        #expect(try tenant.request("PUT", path, body: Array(#"{"active":false}"#.utf8)).status == 200)
    }

    @Test func `the next copy adds what was recorded and revoked since the last one`() throws {
        let folder = try TemporaryFolder()
        let server = try Server()
        let tenant = try server.tenant()
        try tenant.record((0..<300).map { SampleLog(id: "first-\($0)") })
        let target = try Kind.postgres.database(in: folder)
        #expect(try Self.copy(server.database, target).succeeded().output.hasPrefix("copied 300 send logs and 1 keys"))
        try tenant.record((0..<1200).map { SampleLog(id: "second-\($0)") })
        let other = try server.tenant()
        try other.record(SampleLog(id: "other"))
        _ = try server.command("key", "revoke", "--organisation", tenant.name, "key_1").succeeded()
        #expect(try Self.copy(server.database, target).succeeded().output.hasPrefix("copied 1201 send logs and 1 keys"))
        #expect(try Self.copy(server.database, target).succeeded().output.hasPrefix("copied 0 send logs and 0 keys"))
        let copy = try Server(database: target)
        #expect(try tenant.on(copy).get("/send-logs/x").status == 401)
        #expect(try other.on(copy).total() == 1)
    }

    @Test func `a copy works while the source records, and the next one adds the rest`() throws {
        let folder = try TemporaryFolder()
        let server = try Server()
        let tenant = try server.tenant()
        try tenant.record((0..<500).map { SampleLog(id: "first-\($0)") })
        let recorder = try Recorder(in: tenant) { SampleLog(id: "more-\($0)") }
        let target = try Kind.postgres.database(in: folder)
        for _ in 0..<3 { _ = try Self.copy(server.database, target).succeeded() }
        let recorded = try recorder.stop()
        #expect(recorded > 1, "nothing was recorded during the copies")
        _ = try Self.copy(server.database, target).succeeded()
        let copy = try Server(database: target)
        #expect(try tenant.total() == 500 + recorded)
        #expect(try tenant.on(copy).total() == 500 + recorded)
    }

    @Test func `the next copy finishes one that was killed`() throws {
        let folder = try TemporaryFolder()
        let server = try Server()
        let tenant = try server.tenant()
        for batch in 0..<5 { try tenant.record((0..<2000).map { SampleLog(id: "log-\(batch)-\($0)") }) }
        let target = try Kind.postgres.database(in: folder)
        let process = try ChildProcess(TestPaths.binary, ["database", "copy", server.database, target])
        let postgres = try PostgresServer.shared()
        let name = try #require(target.split(separator: "/").last).description
        #expect(
            try Deadline.poll(for: 60) {
                let exists = try postgres.sql("SELECT to_regclass('send_logs') IS NOT NULL", database: name) == ["t"]
                return try exists && postgres.sql("SELECT count(*) > 500 FROM send_logs", database: name) == ["t"]
            }
        )
        process.signal(SIGKILL)
        #expect(try process.wait() == .signal(SIGKILL))
        let command = try Self.copy(server.database, target).succeeded()
        #expect(command.output.contains("verified 10000 send logs"), "\(command)")
    }

    @Test func `a difference in the target is reported with its sequence number`() throws {
        let folder = try TemporaryFolder()
        let server = try Server()
        let tenant = try server.tenant()
        try tenant.record((0..<600).map { SampleLog(id: "log-\($0)") })
        let target = try Kind.postgres.database(in: folder)
        _ = try Self.copy(server.database, target).succeeded()
        let postgres = try PostgresServer.shared()
        let name = try #require(target.split(separator: "/").last).description
        try postgres.sql("UPDATE send_logs SET digest = '' WHERE seq = 577", database: name)
        let changed = try Self.copy(server.database, target)
        #expect(changed.exit == .code(1))
        #expect(changed.errors.contains("the send log with sequence number 577 has no equal copy"), "\(changed)")
        // A server records in the target.
        let copy = try Server(database: target)
        try tenant.on(copy).record(SampleLog(id: "strange"))
        let ahead = try Self.copy(server.database, target)
        #expect(ahead.exit == .code(1))
        #expect(
            ahead.errors.contains("has send logs up to sequence number 601 in the target, but up to 600 in the source"),
            "\(ahead)"
        )
        // When the source has more logs than the target, the copy adds nothing after the foreign log.
        try tenant.record((0..<9).map { SampleLog(id: "more-\($0)") })
        let overtaken = try Self.copy(server.database, target)
        #expect(overtaken.exit == .code(1))
        #expect(overtaken.errors.contains("the send log with sequence number 601 has no equal copy"), "\(overtaken)")
        #expect(try tenant.on(copy).total() == 601)
    }

    @Test func `invalid arguments are reported by name`() throws {
        let folder = try TemporaryFolder()
        let wrong = [
            (["nowhere", "sqlite:b"], "FROM must be sqlite:", Int32(64)),
            (
                ["sqlite:\(folder.file("none"))", "sqlite:\(folder.file("b"))"],
                "FROM: the database \(folder.file("none")) does not exist", 1
            ),
            (["sqlite:\(folder.file("a"))", "postgres://me:secret@host"], "TO must name the database", 64),
            (["sqlite:\(folder.file("a"))", "sqlite:\(folder.file("a"))"], "FROM and TO are the same database", 64),
        ]
        for (arguments, message, code) in wrong {
            let command = try Command(TestPaths.binary, ["database", "copy"] + arguments)
            #expect(command.exit == .code(code), "\(command)")
            #expect(command.errors.contains(message), "\(command)")
            #expect(!command.description.contains("secret"))
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("b")))
    }
}
