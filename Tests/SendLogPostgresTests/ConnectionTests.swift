import Foundation
import PostgresHarness
import SendLogCore
import TestSupport
import Testing

@testable import SendLogPostgres

struct ConnectionTests {
    private func connection(_ url: String? = nil, statementTimeout: Int = 5) throws -> Connection {
        let url = try url ?? TestDatabase().url
        return try Connection(
            PostgresLocation(url),
            session: PostgresStore.session(lockTimeout: 1, statementTimeout: statementTimeout)
        )
    }

    @Test func `parameters and results of every kind keep their values`() throws {
        let connection = try connection()
        var parameters = Parameters()
        parameters.add(Int64.min)
        parameters.add(Int64?.none)
        parameters.add(Int32(clamping: -7))
        parameters.add("Zoë \"quoted\" 😀")
        parameters.add(ByteString([0, 255, 34, 92]))
        parameters.add("")
        parameters.add(ByteString([]))
        let rows = try connection.rows("SELECT $1, $2, $3, $4, $5, $6, $7, true, NULL::text", parameters)
        #expect(rows.integer(0, 0) == .min)
        #expect(rows.isNull(0, 1) && rows.optionalInteger(0, 1) == nil)
        #expect(rows.integer(0, 2) == -7)
        #expect(rows.text(0, 3) == "Zoë \"quoted\" 😀")
        #expect(rows.bytes(0, 4) == [0, 255, 34, 92])
        // An empty value is not NULL.
        #expect(!rows.isNull(0, 5) && rows.text(0, 5) == "")
        #expect(!rows.isNull(0, 6) && rows.bytes(0, 6) == [])
        #expect(rows.boolean(0, 7))
        #expect(rows.isNull(0, 8))
    }

    @Test func `arrays keep their values and their order`() throws {
        let connection = try connection()
        var parameters = Parameters()
        parameters.add([3, .max, -1] as [Int64])
        parameters.add([7, -7, 0] as [Int32])
        parameters.add(["b", "", "a,\"{}\\"])
        parameters.add([[0], [], [1, 2]].map(ByteString.init))
        let rows = try connection.rows(
            "SELECT * FROM unnest($1, $2, $3, $4) WITH ORDINALITY n (a, b, c, d, place) ORDER BY place",
            parameters
        )
        #expect((0..<3).map { rows.integer($0, 0) } == [3, .max, -1])
        #expect((0..<3).map { rows.integer($0, 1) } == [7, -7, 0])
        #expect((0..<3).map { rows.text($0, 2) } == ["b", "", "a,\"{}\\"])
        #expect((0..<3).map { rows.bytes($0, 3) } == [[0], [], [1, 2]])
        var empty = Parameters()
        empty.add([] as [String])
        #expect(try connection.rows("SELECT cardinality($1)", empty).integer(0, 0) == 0)
    }

    @Test func `a statement that a pooler deallocated is prepared again`() throws {
        let connection = try connection()
        for _ in 0..<3 {
            #expect(try connection.rows("SELECT 1").count == 1)
            try connection.run("DEALLOCATE ALL")
        }
    }

    @Test func `a statement whose table was changed is prepared again`() throws {
        let connection = try connection()
        try connection.run("CREATE TABLE changing (a int); INSERT INTO changing VALUES (1)")
        #expect(try connection.rows("SELECT * FROM changing").integer(0, 0) == 1)
        try connection.run("ALTER TABLE changing ALTER a TYPE bigint")
        #expect(try connection.rows("SELECT * FROM changing").integer(0, 0) == 1)
    }

    @Test func `a failed statement leaves the connection usable, and a failed transaction changes nothing`() throws {
        let connection = try connection()
        try connection.run("CREATE TABLE things (a int PRIMARY KEY)")
        let failure = try #require(throws: PostgresFailure.self) {
            try connection.transaction {
                try connection.run("INSERT INTO things VALUES (1)")
                try connection.run("INSERT INTO things VALUES (1)")
            }
        }
        #expect(failure.kind == .state("23505"))
        #expect(!failure.invalidatesConnection && failure.retry == nil && !failure.isOutcomeUnknown)
        #expect(connection.isIdle)
        #expect(try connection.rows("SELECT * FROM things").count == 0)
    }

    @Test func `an error about a value does not contain the value`() throws {
        let connection = try connection()
        var parameters = Parameters()
        parameters.add("27821234567")
        let failure = try #require(throws: PostgresFailure.self) {
            try connection.rows("SELECT $1::text::date", parameters)
        }
        #expect(!failure.detail.contains("2782"), "\(failure.detail)")
    }

    @Test func `a query to a server that does not respond times out`() throws {
        let database = try TestDatabase()
        let proxy = try CuttableProxy(target: database.server.port)
        let url = database.server.url(database.name, port: proxy.port)
        let connection = try connection(url, statementTimeout: 60)
        connection.statementTimeout = .milliseconds(300)
        // A connection with a longer timeout still waits.
        nonisolated(unsafe) let unlimited = try self.connection(url, statementTimeout: 60)
        let (isQuerying, isOver) = (Box(false), Box(false))
        proxy.freeze()
        Thread.detachNewThread {
            isQuerying.set(true)
            _ = try? unlimited.rows("SELECT 1")
            isOver.set(true)
        }
        #expect(TestSupport.Deadline.poll(for: 60) { isQuerying.value })
        let failure = try #require(throws: PostgresFailure.self) { try connection.rows("SELECT 1") }
        #expect(failure.kind == .timedOut && failure.invalidatesConnection && failure.isOutcomeUnknown)
        #expect(!isOver.value)
        // A query also times out if the server stops reading a long parameter.
        var parameters = Parameters()
        parameters.add(ByteString([UInt8](repeating: 7, count: 30_000_000)))
        proxy.thaw()
        let other = try self.connection(url, statementTimeout: 60)
        other.statementTimeout = .milliseconds(300)
        proxy.freeze()
        let stuck = try #require(throws: PostgresFailure.self) { try other.rows("SELECT length($1)", parameters) }
        #expect(stuck.kind == .timedOut)
    }

    @Test func `a cut connection is reported as lost, with an unknown outcome`() throws {
        let database = try TestDatabase()
        let proxy = try CuttableProxy(target: database.server.port)
        let connection = try connection(database.server.url(database.name, port: proxy.port))
        proxy.cutAll()
        let failure = try #require(throws: PostgresFailure.self) { try connection.rows("SELECT 1") }
        #expect(failure.kind == .connectionLost && failure.retry == .newConnection && failure.isOutcomeUnknown)
        #expect(!connection.isIdle)
    }

    @Test func `an error of a node over an intact connection keeps the connection`() throws {
        let connection = try connection()
        for state in ["08006", "08003", "57P01", "XX000"] {
            let failure = try #require(throws: PostgresFailure.self) {
                try connection.run("DO $$ BEGIN RAISE EXCEPTION 'remote' USING ERRCODE = '\(state)'; END $$")
            }
            #expect(failure.kind == .state(state) && failure.isFromNode && failure.retry == .node)
            #expect(!failure.invalidatesConnection && failure.isOutcomeUnknown)
            #expect(try connection.rows("SELECT 1").count == 1)
        }
    }

    @Test func `a backend that an administrator terminates is a lost connection`() throws {
        let database = try TestDatabase()
        let connection = try connection(database.url)
        let failure = try #require(throws: PostgresFailure.self) {
            try connection.run("SELECT pg_terminate_backend(pg_backend_pid())")
        }
        #expect(failure.kind == .connectionLost && failure.invalidatesConnection && failure.retry == .newConnection)
    }

    @Test func `an observer is asked while a statement waits, and can end the wait`() throws {
        let database = try TestDatabase()
        let connection = try connection(database.url, statementTimeout: 60)
        connection.statementTimeout = .seconds(60)
        nonisolated(unsafe) var calls = 0
        connection.observer = StatementObserver { () throws(PostgresFailure) in
            calls += 1
            if calls == 3 { throw PostgresFailure(.timedOut, "enough") }
        }
        let failure = try #require(throws: PostgresFailure.self) { try connection.rows("SELECT pg_sleep(50)") }
        #expect(failure.kind == .timedOut && failure.detail == "enough" && calls == 3)
        let sleeping = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database.name)' AND query LIKE '%pg_sleep(50)%'
                AND state = 'active' AND pid <> pg_backend_pid()
            """
        #expect(try database.sql(sleeping) == ["1"])
        connection.cancel()
        #expect(try TestSupport.Deadline.poll(for: 20) { try database.sql(sleeping) == ["0"] })
    }

    @Test(arguments: [
        ("53100", Unavailability.full), ("55P03", .locked), ("57014", .overloaded), ("53300", .overloaded),
        ("57P01", .unreachable), ("08006", .unreachable), ("25006", .readOnly), ("58030", .inputOutput),
        ("40P01", .overloaded), ("28P01", .unreachable), ("42P05", .unreachable),
    ])
    func `PostgreSQL's errors become store errors`(state: String, expected: Unavailability) {
        guard case .unavailable(let why, _) = PostgresFailure(state: state, message: "m").storeError else {
            Issue.record("\(state) is not reported as temporary")
            return
        }
        #expect(why == expected)
    }

    @Test(arguments: ["XX001", "42P01", "23505", "22023"])
    func `an error that a retry cannot fix is reported as damage`(state: String) {
        guard case .corrupted = PostgresFailure(state: state, message: "m").storeError else {
            Issue.record("\(state) is reported as temporary")
            return
        }
    }
}
