import SendLogCore
import SendLogRecipients
import StoreChecks
import Testing

@testable import SendLogPostgres

/// A look at a database finds what is wrong, and changes nothing.
struct InspectionTests {
    private func check(_ body: (InspectionCheck) async throws -> Void) async throws {
        try await withStore { store, database in
            let check = try await InspectionCheck(
                store,
                inspect: { try PostgresInspection(PostgresLocation(database.url), options: .forTests) },
                execute: { try database.sql($0) }
            )
            try await body(check)
        }
    }

    @Test func `times in the future are found`() async throws {
        try await check { try await $0.findsFutureTimes(leaseColumn: "lease_until", sessionTable: "console_sessions") }
    }

    @Test func `planned sends are counted`() async throws { try await check { try await $0.countsPlannedSends() } }

    @Test func `paused, failing and delayed webhooks are found`() async throws {
        try await check { try await $0.findsLateWebhooks() }
    }

    @Test func `keys with every permission are found`() async throws {
        try await check { try await $0.findsUnlimitedKeys() }
    }

    @Test func `damaged rows are found`() async throws { try await check { try await $0.findsDamage() } }

    @Test func `a missing table and a missing index are found`() async throws {
        try await withStore { _, database in
            func findings() throws -> [String] {
                try PostgresInspection(PostgresLocation(database.url), options: .forTests).setUpFaults()
            }
            #expect(try findings() == [])
            try database.sql("DROP INDEX send_logs_by_start")
            #expect(try findings().contains { $0.contains("send_logs_by_start is missing") })
            try database.sql("DROP TABLE recipient_links")
            #expect(try findings().contains { $0.contains("the table recipient_links is missing") })
        }
    }

    @Test func `an empty database gets no tables, and one of an earlier version is not migrated`() throws {
        let database = try TestDatabase(isEmpty: true)
        let location = try PostgresLocation(database.url)
        let missing = #expect(throws: StoreSetupError.self) {
            _ = try PostgresInspection(location, options: .forTests)
        }
        #expect(missing?.isMissing == true)
        #expect(try database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == ["0"])
        try database.sql("CREATE TABLE sendlog_schema (version integer, oldest integer)")
        try database.sql("INSERT INTO sendlog_schema VALUES (\(Schema.current.version - 1), 1)")
        #expect(try PostgresInspection(location, options: .forTests).needsMigration)
        try database.sql("UPDATE sendlog_schema SET version = 99, oldest = 99")
        let newer = #expect(throws: StoreSetupError.self) { _ = try PostgresInspection(location, options: .forTests) }
        #expect(newer?.description.contains("upgrade sendlog") == true)
    }

    @Test func `a statement that is cancelled is a timeout`() throws {
        let failure = PostgresFailure(state: "57014", message: "canceling statement due to statement timeout")
        #expect(failure.isStatementTimeout)
        #expect(!PostgresFailure(state: "57P01", message: "").isStatementTimeout)
    }
}
