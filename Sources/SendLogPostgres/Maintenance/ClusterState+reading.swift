import Foundation

/// Reads the state of the cluster.
extension ClusterState {
    /// Returns the state of the cluster that a connection leads to.
    ///
    /// A node that does not answer delays this by ``connectionTimeout``. Jobs are known to the coordinator alone.
    ///
    /// - Throws: ``PostgresFailure``.
    init(_ connection: Connection) throws {
        let role = try connection.rows("SELECT current_user::text").text(0, 0)
        let nodes = try connection.transaction("BEGIN READ ONLY") {
            try connection.run("SET LOCAL citus.node_connection_timeout = '\(Self.connectionTimeout)s'")
            return try connection.rows(
                """
                SELECT n.nodename || ':' || n.nodeport, n.isactive, r.result, r.success FROM pg_dist_node n
                LEFT JOIN run_command_on_all_nodes('SHOW wal_level') r USING (nodeid)
                WHERE n.noderole = 'primary' ORDER BY nodeid
                """
            )
        }
        var jobs = try Self.jobs(connection)
        if jobs.contains(where: { $0.state == .scheduled }) {
            // Time for a background worker to start them.
            Thread.sleep(forTimeInterval: Self.startTime)
            jobs = try Self.jobs(connection)
        }
        self.init(
            role: role,
            nodes: (0..<nodes.count).map { row in
                Node(
                    name: nodes.text(row, 0),
                    isActive: nodes.boolean(row, 1),
                    walLevel: nodes.boolean(row, 3) ? nodes.text(row, 2) : nil
                )
            },
            jobs: jobs
        )
        // Between other nodes, the timeout of each applies, 30 s by default.
        if !hasUnreachableNode { brokenConnections = try Self.brokenConnections(connection) }
    }

    /// The time to connect to a node, in seconds: shorter than the timeout of statements of an inspection.
    private static let connectionTimeout = 2
    /// The time after which a job has started, in seconds: Citus looks for jobs every 5 seconds.
    ///
    /// See `citus.background_task_queue_interval`.
    private static let startTime = 8.0

    private static func brokenConnections(_ connection: Connection) throws -> [(from: String, to: String)] {
        let rows = try connection.rows(
            """
            SELECT from_nodename || ':' || from_nodeport, to_nodename || ':' || to_nodeport
            FROM citus_check_cluster_node_health() WHERE result IS NOT TRUE
            """
        )
        return (0..<rows.count).map { (rows.text($0, 0), rows.text($0, 1)) }
    }

    /// Returns the jobs that make no progress, and the newest one if it has failed.
    ///
    /// Citus retries a failing task 32 times, mostly after a minute each: meanwhile the job is `running`, the task
    /// `runnable`, and the tasks after it `blocked`. Then the job is `failed` and the task `error`. A job stays `scheduled`
    /// if the server has no free background worker.
    private static func jobs(_ connection: Connection) throws -> [Job] {
        let rows = try connection.rows(
            """
            SELECT DISTINCT ON (j.job_id) j.job_id, j.job_type::text, coalesce(t.retry_count, 0), t.message,
                CASE WHEN j.state IN ('scheduled', 'failed') THEN j.state::text ELSE 'retried' END
            FROM pg_dist_background_job j JOIN pg_dist_background_task t USING (job_id)
            WHERE (j.state IN ('running', 'failing') AND t.status = 'runnable' AND t.retry_count > 0)
                OR (j.state = 'failed' AND t.status = 'error' AND j.job_id = (SELECT max(job_id) FROM pg_dist_background_job))
                OR (j.state = 'scheduled' AND NOT EXISTS (
                    SELECT FROM pg_dist_background_job WHERE state IN ('running', 'cancelling', 'failing')
                ))
            ORDER BY j.job_id, t.retry_count DESC NULLS LAST
            """
        )
        return (0..<rows.count).map { row in
            Job(
                id: rows.integer(row, 0),
                type: rows.text(row, 1),
                state: Job.State(rawValue: rows.text(row, 4)) ?? .retried,
                retries: rows.integer(row, 2),
                message: rows.text(row, 3)
            )
        }
    }

    /// Returns whether a connection leads to a worker of a Citus cluster.
    ///
    /// A coordinator without nodes is not a worker; `citus_is_coordinator()` is false there.
    ///
    /// - Throws: ``PostgresFailure``.
    static func isWorker(_ connection: Connection) throws -> Bool {
        guard try connection.rows("SELECT to_regclass('pg_catalog.pg_dist_local_group') IS NOT NULL").boolean(0, 0)
        else {
            return false
        }
        let group = try connection.rows("SELECT groupid FROM pg_dist_local_group")
        return group.count > 0 && group.integer(0, 0) != 0
    }
}
