import SendLogCore

/// A probe of a node of a Citus cluster: a statement of an organisation that is on the node.
///
/// Each probe has a new connection, whose server has no connection to the node yet: one that is broken or hangs would
/// fail although the node is available again.
struct NodeProbe {
    let location: PostgresLocation
    let node: NodeID
    let organisation: OrganisationID

    /// The outcome of a probe.
    enum Outcome {
        /// The node answered.
        case answered
        /// The organisation is on another node now.
        case moved(to: NodeID)
        /// The node, `name` in messages, did not answer, although the server of the connection did; `hasWaited` if there
        /// was no error.
        case failed(name: String, detail: String, hasWaited: Bool)
        /// The server of the connection did not answer.
        case unknown
    }

    /// The time to wait for a connection to a node, in milliseconds: Citus waits 30 s by default.
    private static let session = """
        SET citus.node_connection_timeout = 2000;
        SET statement_timeout = '5s';
        SELECT set_config('client_connection_check_interval', '2s', false) WHERE version() LIKE '%linux%'
        """

    /// Returns the node of an organisation, by a look at the tables of the connection's server.
    ///
    /// - Throws: ``PostgresFailure``; ``StoreError/unavailable(_:detail:)`` if there is no node with its rows.
    static func node(of organisation: OrganisationID, on connection: Connection) throws -> NodeID {
        let rows = try connection.rows(
            """
            SELECT groupid FROM pg_dist_placement
            WHERE shardid = get_shard_id_for_distribution_column('organisation_heads', $1::bigint) AND shardstate = 1
            ORDER BY placementid LIMIT 1
            """,
            Parameters(organisation.number)
        )
        guard rows.count > 0 else {
            throw StoreError.unavailable(.unreachable, detail: "no database node has the rows of the organisation")
        }
        return NodeID(group: rows.integer(0, 0))
    }

    /// Runs a statement on the node.
    ///
    /// - Parameter timeout: the time to wait for its result
    /// - Returns: the outcome.
    func run(timeout: Duration) -> Outcome {
        guard let connection = try? Connection(location, session: Self.session),
            let found = try? Self.node(of: organisation, on: connection)
        else { return .unknown }
        if found != node { return .moved(to: found) }
        connection.statementTimeout = timeout
        do throws(PostgresFailure) {
            _ = try connection.rows(
                "SELECT sequence FROM organisation_heads WHERE org_id = $1",
                Parameters(organisation.number)
            )
            return .answered
        } catch {
            // Any other error shows that the node answers.
            guard error.isFromNode || error.isTimeout || error.invalidatesConnection else { return .answered }
            connection.cancel()
            guard let name = nodeName(within: timeout) else { return .unknown }
            return .failed(name: name, detail: error.detail, hasWaited: error.isTimeout)
        }
    }

    /// Returns the host and port of the node; `nil` if the server of the connection does not answer.
    private func nodeName(within timeout: Duration) -> String? {
        guard let connection = try? Connection(location, session: Self.session) else { return nil }
        connection.statementTimeout = timeout
        let rows = try? connection.rows(
            "SELECT nodename || ':' || nodeport FROM pg_dist_node WHERE groupid = $1 AND noderole = 'primary'",
            Parameters(node.group)
        )
        guard let rows else { return nil }
        return rows.count > 0 ? rows.text(0, 0) : "of group \(node.group)"
    }
}
