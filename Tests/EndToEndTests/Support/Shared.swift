/// One server for all tests that do not need a separate one.
enum Shared {
    private static let running = Result { try Server() }
    private static let reader = Result { try server.tenant() }

    /// The server, in which each test creates an organisation.
    static var server: Server {
        get throws { try running.get() }
    }

    /// An organisation without send logs, for requests that are refused.
    static var emptyTenant: Tenant {
        get throws { try reader.get() }
    }
}
