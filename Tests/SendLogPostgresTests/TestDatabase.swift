import PostgresHarness
import SendLogCore
import SendLogRecipients
import Testing

@testable import SendLogPostgres

/// A database for one test, on the server that all tests share.
struct TestDatabase {
    let server: PostgresServer
    let name: String

    /// Creates a database; on the shared server it has the tables, unless `isEmpty`.
    init(on server: PostgresServer? = nil, isEmpty: Bool = false) throws {
        self.server = try server ?? .shared()
        name = try self.server.createDatabase(template: isEmpty || server != nil ? nil : Self.template.get())
    }

    /// Copies a database that has no connections.
    init(template: String) throws {
        server = try .shared()
        name = try server.createDatabase(template: template)
    }

    /// A database with empty tables.
    private static let template = Result {
        let server = try PostgresServer.shared()
        let name = try server.createDatabase()
        try PostgresStore(PostgresLocation(server.url(name))).close()
        return name
    }

    var url: String { server.url(name) }

    /// Opens a store on it.
    func store(_ options: PostgresStore.Options = .forTests) throws -> PostgresStore {
        try PostgresStore(PostgresLocation(url), options: options)
    }

    /// Runs SQL, and returns one line for each row.
    @discardableResult func sql(_ text: String) throws -> [String] {
        try server.sql(text, database: name)
    }
}

extension PostgresStore.Options {
    /// Few connections, since many tests run at the same time.
    static var forTests: Self { Self(connections: 4) }
}

/// Runs a test on a store in a new database, and closes the store afterwards.
func withStore(
    _ options: PostgresStore.Options = .forTests,
    _ body: (PostgresStore, TestDatabase) async throws -> Void
) async throws {
    let database = try TestDatabase()
    let store = try database.store(options)
    defer { store.close() }
    try await body(store, database)
}

extension PostgresStore {
    /// Brings all recipient indexes up to date, except those that another owner has leased.
    ///
    /// - Parameters:
    ///   - owner: the owner of the leases
    ///   - pairs: the number of pairs of a segment that is made from lists
    /// - Throws: the errors of the store; no test expects one.
    func index(owner: String = "test", pairs: Int = 1 << 20) async throws {
        let end = try #require(Timestamp(milliseconds: 20_000))
        let start = try #require(Timestamp(milliseconds: 0))
        let lease = RecipientIndexLease(owner: owner, start: start, end: end)
        var timing = RecipientIndexer.Timing { start }
        timing.amount.pairs = pairs
        var hadWork = true
        while hadWork {
            hadWork = false
            for work in [RecipientIndexWork.additions, .merges] {
                let leased = try await leaseRecipientIndex(for: work, lease, in: .latest, excluding: [])
                guard let leased else { continue }
                var indexer = RecipientIndexer(self, leased, lease, timing)
                try await indexer.run(work)
                hadWork = true
            }
        }
    }
}
