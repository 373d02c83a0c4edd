import Foundation
import PostgresHarness
import TestSupport
import Testing

/// Revocations of keys while the database cannot store them, as Citus while one of its nodes is down.
struct RevocationTests {
    /// Makes changes of the column `revoked` fail as Citus does for a node that is down, over a connection that lives.
    private static let breakage = """
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'connection to the remote node db:5432 failed' USING ERRCODE = '08006';
        END $$;
        CREATE TRIGGER fail BEFORE UPDATE OF revoked ON api_keys FOR EACH STATEMENT EXECUTE FUNCTION fail()
        """

    @Test
    func `a key whose revocation cannot be stored is refused by its server at once, and by all when it is stored`()
        throws
    {
        let postgres = try PostgresServer.shared()
        let name = try postgres.createDatabase()
        let arguments = ["--key-cache-seconds", "1"]
        let servers = try (0..<2).map { _ in try Server(database: postgres.url(name), arguments: arguments) }
        let admin = try servers[0].tenant(permissions: "*")
        let key = try servers[0].key(of: admin.name, permissions: ["sendLog"])
        let tenant = Tenant(server: servers[0], name: admin.name, key: key)
        for server in servers { #expect(try tenant.on(server).total() == 0) }
        let user = ConsoleClient(servers[0])
        #expect(try user.signIn(key).status == 303)
        #expect(try user.get("/console/sends").status == 200)
        try postgres.sql(Self.breakage, database: name)

        let console = try ConsoleClient(admin)
        let page = try console.post("/console/keys/key_2/revoke", [:], from: "/console/keys")
        #expect(page.status == 202)
        #expect(page.text.contains("This server refuses key_2 from now on"))
        #expect(page.text.contains("by this server; not stored yet"))
        #expect(try console.get("/console/keys").text.contains("by this server; not stored yet"))
        #expect(try tenant.get("/send-logs/none").status == 401)
        #expect(try user.get("/console/sends").status == 303)
        #expect(try user.signIn(key).status == 400)
        // Another server cannot know it.
        #expect(try tenant.on(servers[1]).get("/send-logs/none").status == 404)
        #expect(try postgres.sql("SELECT count(revoked) FROM api_keys", database: name) == ["0"])
        // Signing in and out with other keys goes on.
        let other = try ConsoleClient(admin)
        #expect(try other.post("/console/sign-out", [:], from: "/console/keys").status == 303)

        try postgres.sql("DROP TRIGGER fail ON api_keys", database: name)
        let stored = try Deadline.poll(for: 60) {
            try postgres.sql("SELECT count(revoked) FROM api_keys", database: name) == ["1"]
        }
        #expect(stored)
        let isRefused = try Deadline.poll(for: 60) {
            try tenant.on(servers[1]).get("/send-logs/none").status == 401
        }
        #expect(isRefused)
        #expect(try tenant.get("/send-logs/none").status == 401)
        #expect(try !console.get("/console/keys").text.contains("not stored yet"))
        #expect(try admin.total() == 0)
    }

    @Test func `key revoke tries for 30 seconds, and then says that the key is still valid`() throws {
        let postgres = try PostgresServer.shared()
        let name = try postgres.createDatabase()
        let server = try Server(database: postgres.url(name))
        let tenant = try server.tenant()
        try postgres.sql(Self.breakage, database: name)
        let begin = ContinuousClock.now
        let failed = try server.command("key", "revoke", "--organisation", tenant.name, "key_1")
        #expect(failed.exit == .code(1))
        #expect(.now - begin >= .seconds(29))
        #expect(failed.errors.contains("Trying again for 30 seconds"))
        #expect(failed.errors.contains("key_1 is not revoked"))
        #expect(failed.errors.contains("revoke the key in the console"))
        #expect(try tenant.get("/send-logs/none").status == 404)
        // A failure that passes in time is no failure of the command.
        let repair = Background {
            Thread.sleep(forTimeInterval: 3)
            try postgres.sql("DROP TRIGGER fail ON api_keys", database: name)
        }
        let revoked = try server.command("key", "revoke", "--organisation", tenant.name, "key_1").succeeded()
        _ = try repair.value()
        #expect(revoked.errors.contains("Revoked key_1"))
    }
}
