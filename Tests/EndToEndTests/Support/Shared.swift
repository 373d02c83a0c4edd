/// One server for all tests that need no server of their own.
enum Shared {
    private static let running = Result { try Server() }
    private static let reader = Result { try server.tenant() }

    /// The server, to which each test brings an organisation of its own.
    static var server: Server {
        get throws { try running.get() }
    }

    /// An organisation in which nothing is ever recorded, for the many requests that are refused.
    static var emptyTenant: Tenant {
        get throws { try reader.get() }
    }
}
