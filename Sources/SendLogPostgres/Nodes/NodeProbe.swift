import SendLogCore

/// A probe of a node of a Citus cluster: the server of a new connection connects to the node, and runs a statement there.
///
/// No table is read, so that a lock does not delay the probe. The connection to the node is new: one that is broken or
/// hangs would fail although the node is available again.
struct NodeProbe {
    let location: PostgresLocation
    let node: NodeID

    /// The outcome of a probe.
    enum Outcome {
        /// The node answered, or is no longer part of the cluster.
        case answered
        /// The node, `name` in messages, did not answer, although the server of the connection did; `hasWaited` if the
        /// timeout was over.
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

    /// The time for the node, as a multiple of the time that the server of the connections took for the same.
    private static let slowness = 15

    /// Probes the node.
    ///
    /// - Parameters:
    ///   - shortest: the time to wait for its answer; longer on machines that are slow
    ///   - longest: the longest time to wait
    /// - Returns: the outcome.
    func run(atLeast shortest: Duration, atMost longest: Duration) -> Outcome {
        let begin = ContinuousClock.now
        guard let connection = try? Connection(location, session: Self.session),
            let address = try? connection.rows(
                "SELECT nodename::text, nodeport FROM pg_dist_node WHERE groupid = $1 AND noderole = 'primary'",
                Parameters(node.group)
            )
        else { return .unknown }
        guard address.count > 0 else { return .answered }
        let (host, port) = (address.text(0, 0), address.integer(0, 1))
        let timeout = max(shortest, min(longest, (.now - begin) * Self.slowness))
        connection.statementTimeout = timeout
        do throws(PostgresFailure) {
            let check = try connection.rows(
                "SELECT citus_check_connection_to_node($1::text, $2::integer)",
                Parameters(host, Int32(clamping: port))
            )
            if check.boolean(0, 0) { return .answered }
            return .failed(name: "\(host):\(port)", detail: "it refuses connections", hasWaited: false)
        } catch {
            connection.cancel()
            guard error.isTimeout, isServerAlive(within: timeout) else { return .unknown }
            return .failed(name: "\(host):\(port)", detail: "it does not answer", hasWaited: true)
        }
    }

    /// Whether the server of the connections answers.
    private func isServerAlive(within timeout: Duration) -> Bool {
        guard let connection = try? Connection(location, session: Self.session) else { return false }
        connection.statementTimeout = timeout
        return (try? connection.rows("SELECT 1")) != nil
    }
}
