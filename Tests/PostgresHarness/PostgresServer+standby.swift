import TestSupport

extension PostgresServer {
    /// Makes a streaming standby of a running server and starts it; it answers what only reads.
    ///
    /// It is told what its primary was told. The primary may have no tablespaces of its own.
    ///
    /// - Parameters:
    ///   - primary: the server, which is kept as long as this one is
    ///   - synchronous: whether each commit of the primary waits for this standby from now on, also while it is stopped
    ///   - port: where it finds the primary instead of on its port, as behind a proxy
    ///   - settings: what is to be otherwise than on the primary
    /// - Throws: `TestFailure` where the copy fails, or the standby does not start.
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
        // Once promoted, it waits for nobody.
        all["synchronous_standby_names"] = nil
        all.merge(settings) { _, given in given }
        try self.init(binaries, in: serverFolder, settings: all, standbyOf: primary)
        if synchronous { try waitFor(by: primary) }
    }

    /// Makes the primary wait for this standby with each commit.
    private func waitFor(by primary: PostgresServer) throws {
        // A standby gives its cluster's name as that of its application.
        try primary.configure(["synchronous_standby_names": "\"\(serverFolder.name)\""])
        let question = """
            SELECT count(*) FROM pg_stat_replication
            WHERE application_name = '\(serverFolder.name)' AND state = 'streaming' AND sync_state = 'sync'
            """
        guard try Deadline.poll(for: 30, every: 20_000, until: { try primary.sql(question) == ["1"] }) else {
            throw TestFailure("the standby did not become a synchronous one: \(log.suffix(2000))")
        }
    }

    /// Waits until everything that its primary has written by now can be read here.
    ///
    /// - Throws: `TestFailure` where it has no primary, either does not answer, or it takes longer than 60 s.
    public func waitUntilCaughtUp() throws {
        guard let primary else { throw TestFailure("this server was never a standby") }
        let written = try primary.sql("SELECT pg_current_wal_lsn()").joined()
        let question = "SELECT pg_last_wal_replay_lsn() >= '\(written)'"
        guard try Deadline.poll(for: 60, every: 10_000, until: { try sql(question) == ["t"] }) else {
            throw TestFailure("the standby did not come as far as \(written): \(log.suffix(2000))")
        }
    }

    /// Makes it a primary of its own, and waits until it takes what writes.
    ///
    /// - Throws: `TestFailure` where it is none or that takes longer than 60 s.
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
