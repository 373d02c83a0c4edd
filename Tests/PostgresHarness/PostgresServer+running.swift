import Glibc
import TestSupport

extension PostgresServer {
    /// Whether it runs.
    public var isRunning: Bool {
        (try? change { $0.postmaster != nil }) ?? false
    }

    /// Starts it on its port, and waits until it takes connections; nothing happens where it runs.
    ///
    /// - Throws: `TestFailure` with the end of the log where it does not start within 120 s.
    public func start() throws {
        try change { state in
            guard state.postmaster == nil else { return }
            if serverFolder.processes().isEmpty { Postmaster.clear(serverFolder) }
            state.postmaster = try Postmaster(binaries, in: serverFolder)
        }
    }

    /// Stops it, and waits for its end; nothing happens where it does not run.
    ///
    /// - Parameter immediately: `true` cuts everything off and leaves the next start to recover; `false` rolls back
    ///   what is open, sends its standbys all they lack, and shuts down in order
    /// - Throws: `TestFailure` where that takes longer than 60 s.
    public func stop(immediately: Bool = false) throws {
        try change { state in
            try state.postmaster?.end(by: immediately ? SIGQUIT : SIGINT)
            state.postmaster = nil
        }
    }

    /// Stops it in order and starts it on the same port.
    ///
    /// - Throws: `TestFailure` where either fails.
    public func restart() throws {
        try stop()
        try start()
    }

    /// Kills its first process with `SIGKILL`, and waits until the others, which notice that, are gone.
    ///
    /// Those that do not notice within 5 s, as in the midst of a long query, are killed likewise.
    ///
    /// - Throws: `TestFailure` where something of it is still there after 10 s.
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

    /// Changes `postgresql.conf` and has the running server read it again.
    ///
    /// - Parameter settings: values without quotes, `nil` for PostgreSQL's own default
    /// - Throws: `TestFailure` where the file cannot be written.
    public func configure(_ settings: [String: String?]) throws {
        try change { state in
            for (name, value) in settings { state.settings[name] = value }
            try Self.write(state.settings, to: serverFolder)
            if let postmaster = state.postmaster { Glibc.kill(postmaster.pid, SIGHUP) }
        }
    }

    /// The settings that it was told.
    var settings: [String: String] {
        get throws { try change { $0.settings } }
    }
}
