import PostgresHarness
import SendLogCore
import Testing

@testable import SendLogPostgres

/// A database of a test's own, on the server that all tests share.
struct TestDatabase {
    let server: PostgresServer
    let name: String

    /// Makes a database; on the shared server with the tables in it, unless it is to be empty.
    init(on server: PostgresServer? = nil, isEmpty: Bool = false) throws {
        self.server = try server ?? .shared()
        name = try self.server.createDatabase(template: isEmpty || server != nil ? nil : Self.template.get())
    }

    /// Makes a copy of a database that nobody has open.
    init(template: String) throws {
        server = try .shared()
        name = try server.createDatabase(template: template)
    }

    /// A database with the tables and nothing in them.
    private static let template = Result {
        let server = try PostgresServer.shared()
        let name = try server.createDatabase()
        try PostgresStore(PostgresLocation(server.url(name))).close()
        return name
    }

    var url: String { server.url(name) }

    /// Opens it.
    func store(_ options: PostgresStore.Options = .forTests) throws -> PostgresStore {
        try PostgresStore(PostgresLocation(url), options: options)
    }

    /// What a statement answers, a line a row.
    @discardableResult func sql(_ text: String) throws -> [String] {
        try server.sql(text, database: name)
    }
}

extension PostgresStore.Options {
    /// Few connections, since many tests run at the same time.
    static var forTests: Self { Self(connections: 4) }
}

/// Runs a test on a store of its own in a real database, which is closed afterwards.
func withStore(
    _ options: PostgresStore.Options = .forTests,
    _ body: (PostgresStore, TestDatabase) async throws -> Void
) async throws {
    let database = try TestDatabase()
    let store = try database.store(options)
    defer { store.close() }
    try await body(store, database)
}
