import SendLogCore

/// Spreads the tables over the nodes of a Citus cluster.
///
/// The directory is copied to every node; everything else is cut into shards by organisation, so that each request is answered by one node.
struct Distribution {
    let connection: Connection
    let location: PostgresLocation
    let shards: Int

    /// One step, which is left out where it is done already.
    private struct Step {
        let says: String
        let sql: String
    }

    /// - Parameters:
    ///   - isDone: whether to do it, or only to say what would be done
    ///   - tell: told each step before it is done
    /// - Throws: ``StoreRefusal`` where it cannot be done; ``PostgresFailure``.
    func run(isDone: Bool, tell: (String) -> Void) throws {
        try refuseUnfit()
        let steps = try self.steps()
        if steps.isEmpty { return tell("\(location) is spread over its nodes already; nothing to do") }
        for step in steps {
            tell(step.says)
            if isDone { try connection.run(step.sql) }
        }
    }

    private func refuseUnfit() throws {
        let available = try connection.rows(
            """
            SELECT (SELECT count(*) FROM pg_available_extensions WHERE name = 'citus'),
                (SELECT count(*) FROM pg_extension WHERE extname = 'citus')
            """
        )
        guard available.integer(0, 0) > 0 else {
            throw StoreRefusal(
                """
                the server of \(location) has no Citus: install it on every node (https://docs.citusdata.com), add citus to \
                shared_preload_libraries, and restart PostgreSQL. sendlog works without it on one machine
                """
            )
        }
        guard available.integer(0, 1) > 0 else {
            throw StoreRefusal("Citus is not switched on in \(location); run there: CREATE EXTENSION citus")
        }
        let node = try connection.rows(
            """
            SELECT citus_is_coordinator(),
                (SELECT count(*) FROM pg_dist_node WHERE isactive AND noderole = 'primary' AND shouldhaveshards)
            """
        )
        guard node.boolean(0, 0) else {
            throw StoreRefusal("\(location) is a worker; tables are spread from the coordinator")
        }
        guard node.integer(0, 1) > 0 else {
            throw StoreRefusal(
                """
                the cluster of \(location) has no worker yet; add each with \
                SELECT citus_add_node('HOST', PORT) and, once, SELECT citus_set_coordinator_host('HOST', PORT)
                """
            )
        }
    }

    private func steps() throws -> [Step] {
        let spread = try Self.spreadTables(connection)
        var steps: [Step] = []
        for table in Schema.referenceTables where !spread.contains(table) {
            steps.append(
                Step(says: "copy \(table) to every node", sql: "SELECT create_reference_table('\(table)')")
            )
        }
        let first = Schema.distributedTables[0]
        for table in Schema.distributedTables where !spread.contains(table) {
            let how = table == first ? "shard_count => \(shards)" : "colocate_with => '\(first)'"
            steps.append(
                Step(
                    says: table == first
                        ? "cut \(table) into \(shards) shards by organisation"
                        : "cut \(table) likewise, beside \(first)",
                    sql: "SELECT create_distributed_table('\(table)', 'org_id', \(how))"
                )
            )
        }
        for function in try Self.localFunctions(connection) {
            steps.append(
                Step(
                    says: "record on the node where the organisation is",
                    sql: """
                        SELECT create_distributed_function('\(function)', 'p_org', colocate_with => '\(first)')
                        """
                )
            )
        }
        return steps
    }

    /// The function that records, where it runs on the node that is asked rather than where the organisation is.
    static func localFunctions(_ connection: Connection) throws -> [String] {
        let rows = try connection.rows(
            """
            SELECT p.oid::regprocedure::text FROM pg_proc p
            WHERE p.proname = 'record_sends' AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_dist_object o
                WHERE o.classid = 'pg_proc'::regclass AND o.objid = p.oid AND o.distribution_argument_index IS NOT NULL
            )
            """
        )
        return (0..<rows.count).map { rows.text($0, 0) }
    }

    /// Those of our tables that are copied or cut already.
    static func spreadTables(_ connection: Connection) throws -> Set<String> {
        var parameters = Parameters()
        parameters.add(texts: Schema.referenceTables + Schema.distributedTables)
        let rows = try connection.rows(
            "SELECT n FROM unnest($1) n JOIN pg_dist_partition p ON p.logicalrelid = to_regclass(n)",
            parameters
        )
        return Set((0..<rows.count).map { rows.text($0, 0) })
    }
}
