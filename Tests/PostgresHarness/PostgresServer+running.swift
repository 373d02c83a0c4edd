import Glibc
import TestSupport

extension PostgresServer {
    /// Whether it runs.
    public var isRunning: Bool {
        (try? change { $0.postmaster != nil }) ?? false
    }

    /// Starts it on its port, and waits until it accepts connections; does nothing if it runs.
    ///
    /// - Throws: `TestFailure` with the end of the log if it does not start within 120 s.
    public func start() throws {
        try change { state in
            guard state.postmaster == nil else { return }
            if serverFolder.processes().isEmpty { Postmaster.clear(serverFolder) }
            state.postmaster = try Postmaster(binaries, in: serverFolder)
        }
    }

    /// Stops it, and waits for its end; does nothing if it does not run.
    ///
    /// - Parameter immediately: `true` shuts down without a checkpoint, so that the next start recovers; `false`
    ///   rolls back open transactions, sends the standbys all WAL, and shuts down cleanly
    /// - Throws: `TestFailure` if that takes longer than 60 s.
    public func stop(immediately: Bool = false) throws {
        try change { state in
            try state.postmaster?.end(by: immediately ? SIGQUIT : SIGINT)
            state.postmaster = nil
        }
    }

    /// Stops it cleanly and starts it on the same port.
    ///
    /// - Throws: `TestFailure` if either fails.
    public func restart() throws {
        try stop()
        try start()
    }

    /// Kills the postmaster with `SIGKILL`, and waits until its child processes have noticed that and ended.
    ///
    /// Processes that run on for 5 s, for example during a long query, are killed as well.
    ///
    /// - Throws: `TestFailure` if a process still runs after 10 s.
    public func kill() throws {
        try change { state in
            try state.postmaster?.end(by: SIGKILL)
            state.postmaster = nil
            if !Deadline.poll(for: 5, until: { serverFolder.processes().isEmpty }) {
                for process in serverFolder.processes() { Glibc.kill(process, SIGKILL) }
            }
            guard Deadline.poll(for: 5, until: { serverFolder.processes().isEmpty }) else {
                throw TestFailure("processes of the killed server do not end: \(serverFolder.processes())")
            }
            Postmaster.clear(serverFolder)
        }
    }

    /// Changes `postgresql.conf` and reloads it if the server runs.
    ///
    /// - Parameter settings: values without quotes, `nil` for PostgreSQL's default
    /// - Throws: `TestFailure` if the file cannot be written.
    public func configure(_ settings: [String: String?]) throws {
        try change { state in
            for (name, value) in settings { state.settings[name] = value }
            try Self.write(state.settings, to: serverFolder)
            if let postmaster = state.postmaster { Glibc.kill(postmaster.pid, SIGHUP) }
        }
    }

    /// The settings in its `postgresql.conf`.
    var settings: [String: String] {
        get throws { try change { $0.settings } }
    }
}
