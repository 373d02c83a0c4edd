import Foundation
import PostgresHarness
import TestSupport
import Testing

/// Webhooks of the other organisations while the database cannot read the rows of one, as if its Citus node were down.
@Suite(.blocking) struct WebhookFailedNodeTests {
    private static let tables = [
        "organisation_heads", "send_logs", "webhooks", "webhook_deliveries", "recording_times", "recipient_indexes",
    ]

    @Test(.timeLimit(.minutes(5)))
    func `sends of other organisations are delivered, at once and after a poll, and all are after the node returns`()
        throws
    {
        let postgres = try PostgresServer.shared()
        let name = try postgres.createDatabase()
        // The owner is not a superuser, so that row-level security applies to it.
        try postgres.sql("CREATE ROLE owner_of_\(name) LOGIN; ALTER DATABASE \(name) OWNER TO owner_of_\(name)")
        let database = postgres.url(name).replacing("sendlog@", with: "owner_of_\(name)@")
        let server = try Server(database: database, arguments: ["--webhooks-allow", "127.0.0.1"])
        let silent = try Server(database: database, arguments: ["--webhooks-workers", "0"])
        let (healthy, failed) = (try Hooks.tenant(on: server), try Hooks.tenant(on: server))
        let paths = (healthy: Hooks.path("ok"), failed: Hooks.path("ok"))
        _ = try Hook(healthy, Hooks.receiver.url(paths.healthy))
        _ = try Hook(failed, Hooks.receiver.url(paths.failed))
        for tenant in [healthy, failed] { try tenant.record(SampleLog(id: "before")) }
        _ = try Hooks.receiver.waitForRequests(paths.healthy, 1)
        _ = try Hooks.receiver.waitForRequests(paths.failed, 1)
        let number = "SELECT org_id FROM organisations WHERE name = '\(failed.name)'"
        let organisation = try #require(try postgres.sql(number, database: name).first)
        try postgres.sql(
            """
            CREATE FUNCTION is_up(p_org bigint) RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN
                IF p_org = \(organisation) THEN
                    RAISE EXCEPTION 'connection to the remote node failed' USING ERRCODE = '08006';
                END IF;
                RETURN true;
            END $$
            """,
            database: name
        )
        for table in Self.tables {
            try postgres.sql(
                """
                ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY;
                ALTER TABLE \(table) FORCE ROW LEVEL SECURITY;
                CREATE POLICY node ON \(table) USING (is_up(org_id))
                """,
                database: name
            )
        }
        #expect(try failed.post("/send-logs", SampleLog(id: "refused").json).status == 503)
        try healthy.record(SampleLog(id: "here"))
        #expect(try Hooks.receiver.waitForRequests(paths.healthy, 2).ids().last == "here")
        // Only a poll finds this one.
        try healthy.on(silent).record(SampleLog(id: "elsewhere"))
        #expect(try Hooks.receiver.waitForRequests(paths.healthy, 3).ids().last == "elsewhere")
        for table in Self.tables {
            try postgres.sql("ALTER TABLE \(table) DISABLE ROW LEVEL SECURITY", database: name)
        }
        try failed.on(silent).record(SampleLog(id: "after"))
        #expect(try Hooks.receiver.waitForRequests(paths.failed, 2).ids().last == "after")
        // The log has the failure of the poll, and not one for each poll.
        let lines = server.log.split(separator: "\n").filter { $0.contains("cannot find webhooks") }
        #expect(lines.count <= 1, "\(lines)")
    }
}
