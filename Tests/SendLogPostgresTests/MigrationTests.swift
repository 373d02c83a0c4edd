import Dispatch
import PostgresHarness
import SendLogCore
import SendLogRecipients
import StoreChecks
import Testing

@testable import SendLogPostgres

struct MigrationTests {
    @Test func `eight servers that start at once on an empty database create its tables once`() async throws {
        let database = try TestDatabase(isEmpty: true)
        let stores = try await withThrowingTaskGroup(of: PostgresStore.self) { group in
            for _ in 0..<8 { group.addTask { try database.store() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        defer { for store in stores { store.close() } }
        let organisation = try await stores[0].organisation()
        for (index, store) in stores.enumerated() {
            _ = try await store.record([Sample.plain("log-\(index)")], in: organisation)
        }
        #expect(try await stores[7].search(SendLogSearch(), in: organisation).total == 8)
        #expect(try database.sql("SELECT version, oldest FROM sendlog_schema") == ["\(Schema.current.version)|1"])
        #expect(try await stores[0].check { _, _ in } == [])
    }

    @Test func `newer servers that start at once migrate once, while the previous version still serves`()
        async throws
    {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            let steps =
                Schema.current.steps + [
                    .init(
                        sql: "CREATE TABLE addition (org_id bigint PRIMARY KEY); INSERT INTO addition VALUES (1)",
                        oldestCompatible: 1
                    )
                ]
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 0..<60 {
                        _ = try await store.record([Sample.plain("log-\(number)")], in: organisation)
                    }
                }
                for _ in 0..<5 {
                    group.addTask { try Self.migrate(database, to: Schema(steps: steps)) }
                }
                try await group.waitForAll()
            }
            #expect(try database.sql("SELECT count(*) FROM addition") == ["1"])
            #expect(
                try database.sql("SELECT version, oldest FROM sendlog_schema") == ["\(Schema.current.version + 1)|1"]
            )
            #expect(try await store.search(SendLogSearch(), in: organisation).total == 60)
            // A server of the previous version can still start.
            try database.store().close()
        }
    }

    @Test(arguments: 1..<Schema.current.version)
    func `a database of an earlier version is migrated with all its data`(version: Int) async throws {
        let database = try TestDatabase(isEmpty: true)
        try Self.migrate(database, to: Schema(steps: Array(Schema.current.steps.prefix(version))))
        try database.sql(
            """
            INSERT INTO organisations VALUES (1, 'Old', 0);
            INSERT INTO organisation_heads VALUES (1, 0, 0);
            INSERT INTO api_keys (key_id, org_id, hash, name, permissions, created) VALUES (1, 1, '\\x01', '', '*', 0)
            """
        )
        // Sessions exist since version 2.
        if version >= 2 { try database.sql("INSERT INTO sessions VALUES ('\\x02', 1, 9000000000000)") }
        let store = try database.store()
        defer { store.close() }
        let organisation = try #require(try await store.organisations().first).id
        try await expectSessions(of: store, in: organisation, hasFormer: version >= 2)
        _ = try await store.record([Sample.plain("a")], in: organisation)
        #expect(try await store.campaigns(CampaignQuery(), in: organisation).total == 1)
        #expect(try await store.keys(in: organisation).count == 1)
        #expect(try await store.webhooks(in: organisation) == [])
        let times = try await store.recordingTimes(in: organisation, after: SequenceNumber(-1), limit: 9)
        // Since version 9 the store makes the first sample, and not the step.
        #expect(times.map(\.sequence.number) == (version < 9 ? [0] : []))
        #expect(try await store.sampleRecordingTimes(keepingFrom: .earliest) { .latest } == 1)
        #expect(try await store.webhookGauges(limit: 9) == [])
        let code = CallingCode("27")
        try await store.setCallingCode(code, of: organisation)
        #expect(try await store.organisation(organisation).callingCode == code)
        // The organisation has no row of the index before its first lease.
        try await store.index()
        #expect(try await store.recipientIndex(in: organisation).through == SequenceNumber(1))
        let link = try Sample.link("27821234567")
        #expect(try await store.addRecipientLink(link, in: organisation) == link.token)
        let leased = try await store.leaseWebhooks(for: "one", at: .earliest, until: .latest, limit: 1)
        #expect(leased == [])
        let request = try Sample.request("key", attempt: "one")
        #expect(try await store.beginRequest(request, in: organisation) == .started(reserved: request.id))
        let lease = WebhookLease(owner: "one", start: .earliest, end: .latest)
        #expect(try await store.leaseWebhookPoll(lease))
        #expect(try await store.check { _, _ in } == [])
    }

    /// Checks that a session of the earlier version is valid until it ends, and new ones belong to their organisation.
    private func expectSessions(
        of store: PostgresStore,
        in organisation: OrganisationID,
        hasFormer: Bool
    ) async throws {
        let key = try #require(try await store.keys(in: organisation).first)
        if hasFormer {
            #expect(try await store.sessionKey([2], in: nil, at: .earliest) == key)
            await #expect(throws: StoreError.notFound) {
                try await store.sessionKey([2], in: organisation, at: .earliest)
            }
            await #expect(throws: StoreError.notFound) { try await store.sessionKey([2], in: nil, at: .latest) }
            try await store.endSession([2], in: nil)
        }
        await #expect(throws: StoreError.notFound) { try await store.sessionKey([2], in: nil, at: .earliest) }
        try await store.createSession([3], of: key.id, in: organisation, at: .earliest, until: .latest)
        #expect(try await store.sessionKey([3], in: organisation, at: .earliest) == key)
        await #expect(throws: StoreError.notFound) { try await store.sessionKey([3], in: nil, at: .earliest) }
    }

    @Test func `a server of version 10 records and signs in beside a newer one`() async throws {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            _ = try await store.record([Sample.plain("a", count: 2)], in: organisation)
            // The call of such a server.
            let answer = try database.sql(
                """
                SELECT o_place, o_seq FROM record_sends(
                    \(organisation.number), ARRAY['b'], ARRAY['spring'], ARRAY[1641643200000], ARRAY[19000], ARRAY[3],
                    ARRAY['\\x01'::bytea], ARRAY['{}'::bytea], ARRAY[]::bigint[], ARRAY[1], ARRAY[0], ARRAY[3], ARRAY[9],
                    ARRAY[5::bigint], ARRAY['\\x01'::bytea]
                )
                """
            )
            #expect(answer == ["0|2"])
            let outcomes = try await store.record([Sample.plain("c", count: 4)], in: organisation)
            let sequences = outcomes.map { if case .recorded(let log) = $0 { log.sequence.number } else { Int64(0) } }
            #expect(sequences == [3])
            #expect(try database.sql("SELECT sequence, destinations FROM organisation_heads") == ["3|9"])
            #expect(try database.sql("SELECT sum(sends), sum(destinations) FROM organisation_days") == ["3|9"])
            #expect(try database.sql("SELECT sum(sends), sum(destinations) FROM campaign_days") == ["3|9"])
        }
    }

    @Test func `a migration waits for a long transaction, such as a backup, without stopping other statements`()
        async throws
    {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            let step = Schema.Step(sql: "ALTER TABLE organisation_heads ADD COLUMN addition int", oldestCompatible: 1)
            let backup = try Self.connection(to: database)
            try backup.run(
                "SET idle_in_transaction_session_timeout = 0; BEGIN; LOCK TABLE organisation_heads IN ACCESS SHARE MODE"
            )
            async let migration: Void = Self.migrate(database, to: Schema(steps: Schema.current.steps + [step]))
            // Long enough for several attempts to lock the table. On a thread of its own, so that other tests that
            // block the threads of tasks do not count.
            let updates: Int = try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(
                        with: Result {
                            let connection = try Self.connection(to: database)
                            let end = ContinuousClock.now + .seconds(7)
                            var updates = 0
                            while .now < end {
                                let duration = try ContinuousClock().measure {
                                    try connection.run("UPDATE organisation_heads SET destinations = destinations")
                                }
                                #expect(duration < .seconds(5), "a statement must wait for one attempt only")
                                updates += 1
                            }
                            return updates
                        }
                    )
                }
            }
            #expect(updates > 1)
            _ = try await store.record([Sample.plain("log")], in: organisation)
            #expect(try database.sql("SELECT version FROM sendlog_schema") == ["\(Schema.current.version)"])
            try backup.run("ROLLBACK")
            try await migration
            #expect(try database.sql("SELECT version FROM sendlog_schema") == ["\(Schema.current.version + 1)"])
            #expect(try await store.search(SendLogSearch(), in: organisation).total == 1)
        }
    }

    @Test func `a migration step that fails leaves the database unchanged`() async throws {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            let step = Schema.Step(sql: "CREATE TABLE half (a int); SELECT 1 / 0", oldestCompatible: 2)
            #expect(throws: (any Error).self) {
                try Self.migrate(database, to: Schema(steps: Schema.current.steps + [step]))
            }
            #expect(
                try database.sql("SELECT to_regclass('half') IS NULL, version FROM sendlog_schema") == [
                    "t|\(Schema.current.version)"
                ]
            )
            _ = try await store.record([Sample.plain("a")], in: organisation)
        }
    }

    @Test func `a database that needs a newer version is refused, and left unchanged`() async throws {
        let database = try TestDatabase()
        let newer = Schema.current.version + 2
        try database.sql("UPDATE sendlog_schema SET version = \(newer), oldest = \(newer - 1)")
        let refusal = try #require(throws: StoreSetupError.self) { try database.store() }
        #expect(refusal.description.contains("newer sendlog"))
        #expect(try database.sql("SELECT version, oldest FROM sendlog_schema") == ["\(newer)|\(newer - 1)"])
    }

    @Test func `an empty database gets tables only from commands that create them`() async throws {
        let database = try TestDatabase(isEmpty: true)
        var options = PostgresStore.Options.forTests
        options.createsTables = false
        let refusal = try #require(throws: StoreSetupError.self) { try database.store(options) }
        #expect(refusal.description.contains("is not a sendlog database yet"))
        #expect(try database.sql("SELECT to_regclass('sendlog_schema') IS NULL") == ["t"])
        for isNew in [true, false] {
            let store = try database.store()
            #expect(store.createdTables == isNew)
            store.close()
        }
    }

    @Test func `another program's table is reported, and nothing is created`() async throws {
        let database = try TestDatabase(isEmpty: true)
        try database.sql("CREATE TABLE organisations (name text)")
        let refusal = try #require(throws: StoreSetupError.self) { try database.store() }
        #expect(refusal.description.contains("has a table organisations of another program"))
        #expect(try database.sql("SELECT to_regclass('sendlog_schema') IS NULL") == ["t"])
    }

    @Test func `a database with another encoding is refused`() async throws {
        let server = try PostgresServer.shared()
        try server.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        let refusal = try #require(throws: StoreSetupError.self) {
            try PostgresStore(PostgresLocation(server.url("latin")))
        }
        #expect(refusal.description.contains("LATIN1"))
    }

    @Test(arguments: [
        ("postgres://nobody:secret@127.0.0.1:PORT/NAME", "role \"nobody\" does not exist"),
        ("postgres://sendlog:secret@127.0.0.1:PORT/none", "database \"none\" does not exist"),
        ("postgres://sendlog:secret@127.0.0.1:1/NAME", "Connection refused"),
        ("postgres://sendlog:secret@127.0.0.1:PORT/NAME?sslmode=require", "SSL"),
    ])
    func `an unreachable server is reported without the password`(url: String, reason: String) async throws {
        let database = try TestDatabase()
        let text = url.replacing("PORT", with: "\(database.server.port)").replacing("NAME", with: database.name)
        let refusal = try #require(throws: StoreSetupError.self) { try PostgresStore(PostgresLocation(text)) }
        #expect(refusal.description.contains(reason), "\(refusal)")
        #expect(!refusal.description.contains("secret"))
    }

    private static func migrate(_ database: TestDatabase, to schema: Schema) throws {
        let location = try PostgresLocation(database.url)
        try Migration(schema: schema, connection: connection(to: database), location: location).run(createsTables: true)
    }

    private static func connection(to database: TestDatabase) throws -> Connection {
        let session = PostgresStore.session(lockTimeout: 60, statementTimeout: 60)
        return try Connection(PostgresLocation(database.url), session: session)
    }
}
