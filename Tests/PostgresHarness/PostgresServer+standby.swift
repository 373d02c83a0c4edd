import TestSupport

extension PostgresServer {
    /// Creates a streaming standby of a running server and starts it; it accepts read-only queries.
    ///
    /// It has the settings of its primary. The primary must have no additional tablespaces.
    ///
    /// - Parameters:
    ///   - primary: the primary, which this object retains
    ///   - synchronous: whether each commit of the primary waits for this standby from now on, also while it is stopped
    ///   - port: the port instead of the primary's, such as that of a proxy
    ///   - settings: settings that override the primary's
    /// - Throws: `TestFailure` if the copy fails or the standby does not start.
    public convenience init(
        standbyOf primary: PostgresServer,
        synchronous: Bool = false,
        through port: UInt16? = nil,
        settings: [String: String] = [:]
    ) throws {
        let binaries = primary.binaries
        let serverFolder = try ServerFolder(of: binaries.user)
        let copy = Program(
            path: binaries.path("pg_basebackup"),
            arguments: [
                "--pgdata=\(serverFolder.data)", "--host=127.0.0.1", "--port=\(port ?? primary.port)",
                "--username=sendlog",
                "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync",
            ],
            folder: serverFolder.path,
            user: binaries.user
        )
        _ = try copy.run()
        var all = try primary.settings
        // Once promoted, it waits for no standby.
        all["synchronous_standby_names"] = nil
        all.merge(settings) { _, given in given }
        try self.init(binaries, in: serverFolder, settings: all, standbyOf: primary)
        if synchronous { try makeSynchronous(on: primary) }
    }

    /// Makes the primary wait for this standby with each commit.
    private func makeSynchronous(on primary: PostgresServer) throws {
        // A standby connects with its cluster name as application name.
        try primary.configure(["synchronous_standby_names": "\"\(serverFolder.name)\""])
        let query = """
            SELECT count(*) FROM pg_stat_replication
            WHERE application_name = '\(serverFolder.name)' AND state = 'streaming' AND sync_state = 'sync'
            """
        guard try Deadline.poll(for: 30, every: 20_000, until: { try primary.sql(query) == ["1"] }) else {
            throw TestFailure("the standby did not become synchronous: \(log.suffix(2000))")
        }
    }

    /// Waits until it has replayed all WAL that its primary has written so far.
    ///
    /// - Throws: `TestFailure` if it has no primary, a query fails, or it takes longer than 60 s.
    public func waitUntilCaughtUp() throws {
        guard let primary else { throw TestFailure("this server was never a standby") }
        let written = try primary.sql("SELECT pg_current_wal_lsn()").joined()
        let query = "SELECT pg_last_wal_replay_lsn() >= '\(written)'"
        guard try Deadline.poll(for: 60, every: 10_000, until: { try sql(query) == ["t"] }) else {
            throw TestFailure("the standby did not replay the WAL up to \(written): \(log.suffix(2000))")
        }
    }

    /// Promotes it to a primary, and waits until it accepts writes.
    ///
    /// - Throws: `TestFailure` if it is not a standby or that takes longer than 60 s.
    public func promote() throws {
        let promotion = Program(
            path: binaries.path("pg_ctl"),
            arguments: ["promote", "--wait", "--timeout=60", "--pgdata=\(serverFolder.data)"],
            folder: serverFolder.path,
            user: binaries.user
        )
        _ = try promotion.run()
    }
}
