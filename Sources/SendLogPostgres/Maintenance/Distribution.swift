import SendLogCore

/// Distributes the tables over the nodes of a Citus cluster.
///
/// The directory is copied to every node. All other tables are sharded by organisation, so that one node serves each
/// request.
struct Distribution {
    let connection: Connection
    let location: PostgresLocation
    let shards: Int

    /// A step, which is omitted if it is already done.
    struct Step {
        let description: String
        let sql: String
    }

    /// Distributes the tables that are not distributed yet.
    ///
    /// - Parameters:
    ///   - apply: whether to run the steps; `false` is a dry run
    ///   - report: is called with the description of each step before the step runs
    /// - Throws: ``StoreSetupError`` if the database cannot be distributed; ``PostgresFailure``.
    func run(apply: Bool, report: (String) -> Void) throws {
        try requireCitus()
        let steps = try self.steps()
        if steps.isEmpty { return report("\(location) is already distributed; nothing to do") }
        for step in steps {
            report(step.description)
            if apply { try connection.run(step.sql) }
        }
    }

    private func requireCitus() throws {
        let available = try connection.rows(
            """
            SELECT (SELECT count(*) FROM pg_available_extensions WHERE name = 'citus'),
                (SELECT count(*) FROM pg_extension WHERE extname = 'citus')
            """
        )
        guard available.integer(0, 0) > 0 else {
            throw StoreSetupError(
                """
                Citus is not installed on the server of \(location): install it on every node (https://docs.citusdata.com), add citus to \
                shared_preload_libraries, and restart PostgreSQL. On one machine sendlog needs no Citus
                """
            )
        }
        guard available.integer(0, 1) > 0 else {
            throw StoreSetupError("Citus is not enabled in \(location); run CREATE EXTENSION citus there")
        }
        guard try !ClusterState.isWorker(connection) else {
            throw StoreSetupError("\(location) is a worker of a Citus cluster; run the command with the coordinator")
        }
        let workers = try connection.rows(
            "SELECT count(*) FROM pg_dist_node WHERE isactive AND noderole = 'primary' AND shouldhaveshards"
        )
        guard workers.integer(0, 0) > 0 else {
            throw StoreSetupError(
                """
                the cluster of \(location) has no workers; run SELECT citus_set_coordinator_host('HOST', PORT) once, and \
                SELECT citus_add_node('HOST', PORT) for each worker
                """
            )
        }
    }

    /// Returns the steps that are missing.
    ///
    /// - Parameter tables: tables that are left as they are
    /// - Returns: the steps in their order.
    /// - Throws: ``PostgresFailure``.
    func steps(except tables: Set<String> = []) throws -> [Step] {
        let citusTables = try Self.citusTables(connection).union(tables)
        var steps: [Step] = []
        for table in Schema.referenceTables where !citusTables.contains(table) {
            steps.append(
                Step(description: "copy \(table) to every node", sql: "SELECT create_reference_table('\(table)')")
            )
        }
        let first = Schema.distributedTables[0]
        for table in Schema.distributedTables where !citusTables.contains(table) {
            let how = table == first ? "shard_count => \(shards)" : "colocate_with => '\(first)'"
            steps.append(
                Step(
                    description: table == first
                        ? "distribute \(table) into \(shards) shards by organisation"
                        : "distribute \(table) with the shards of \(first)",
                    sql: "SELECT create_distributed_table('\(table)', 'org_id', \(how))"
                )
            )
        }
        for function in try Self.localFunctions(connection) {
            steps.append(
                Step(
                    description: "distribute the recording function to the nodes of the organisations",
                    sql: """
                        SELECT create_distributed_function('\(function)', 'p_org', colocate_with => '\(first)')
                        """
                )
            )
        }
        return steps
    }

    /// Whether the database is distributed over a Citus cluster.
    static func isDistributed(_ connection: Connection) throws -> Bool {
        let extensions = try connection.rows("SELECT count(*) FROM pg_extension WHERE extname = 'citus'")
        return try extensions.integer(0, 0) > 0 && citusTables(connection).contains(Schema.distributedTables[0])
    }

    /// Returns the recording functions that Citus does not distribute: they run on the node that receives the call.
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

    /// Returns the store's tables that Citus already copies or distributes.
    static func citusTables(_ connection: Connection) throws -> Set<String> {
        let parameters = Parameters(Schema.referenceTables + Schema.distributedTables)
        let rows = try connection.rows(
            "SELECT n FROM unnest($1) n JOIN pg_dist_partition p ON p.logicalrelid = to_regclass(n)",
            parameters
        )
        return Set((0..<rows.count).map { rows.text($0, 0) })
    }
}
