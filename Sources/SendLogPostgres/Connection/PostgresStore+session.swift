/// Defines the statement timeouts and the session settings of the store's connections.
extension PostgresStore {
    /// The timeouts of statements in seconds; each includes the time to wait for a lock.
    ///
    /// PostgreSQL cancels a statement by itself after ``serverTimeout(_:)``, 2 seconds earlier: a statement that the
    /// client abandoned must not continue and hold locks.
    struct StatementTimeouts {
        /// The timeout of a statement that reads or writes a row or two.
        let short: Int
        /// The timeout of a statement that records send logs.
        let recording: Int
        /// The timeout of a search.
        let long: Int

        init(_ options: Options) {
            (short, recording, long) = (options.waitTimeout + 5, options.waitTimeout + 10, options.waitTimeout + 35)
        }

        static func serverTimeout(_ seconds: Int) -> Int { seconds - 2 }
    }

    /// Returns the statements that configure a session for the store.
    ///
    /// PostgreSQL plans each statement once, and uses indexes regardless of the tables' statistics: every statement has
    /// an index that fits it. Citus plans each execution, because it needs the parameter values to find the shard; with
    /// `auto`, Citus 13.2 keeps one more plan with every execution on the shard's node, and never frees it.
    ///
    /// - Parameters:
    ///   - lockTimeout: the time to wait for a lock, in seconds
    ///   - statementTimeout: the time that a statement may take, in seconds; 0 for no limit
    /// - Returns: the SQL statements.
    static func session(lockTimeout: Int, statementTimeout: Int) -> String {
        """
        SET lock_timeout = '\(lockTimeout)s';
        SET statement_timeout = '\(statementTimeout)s';
        SET idle_in_transaction_session_timeout = '30s';
        SET plan_cache_mode = force_generic_plan;
        SET enable_seqscan = off;
        SET enable_bitmapscan = off;
        SET enable_sort = off;
        SET jit = off;
        SELECT set_config('plan_cache_mode', 'force_custom_plan', false)
            WHERE EXISTS (SELECT FROM pg_extension WHERE extname = 'citus');
        SET citus.propagate_set_commands = 'local';
        SELECT set_config('client_connection_check_interval', '2s', false) WHERE version() LIKE '%linux%';
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
        """
    }
}
