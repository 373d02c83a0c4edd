import Dispatch
import GRDB

/// Moves the WAL's content into the database file every few seconds, and checks every second that the files are still
/// the database's.
///
/// Without it a file's content would be as old as the last checkpoint of a long WAL, which can be hours.
// Sendable unchecked: Dispatch's types can be used from any thread. The timer's handler, which is the only user of the
// connection and of the variables, runs in `queue`, which is serial; `close` waits for it before it closes the connection.
final class Checkpointer: @unchecked Sendable {
    private let connection: Connection
    private let watch: FileWatch
    private let queue = DispatchQueue(label: "sendlog.sqlite.checkpoints", qos: .utility)
    private let timer: any DispatchSourceTimer
    private var reported: String?
    /// The value of `data_version` after the last checkpoint; it changes with the commits of other connections.
    private var version: Int64?

    /// Starts to check and to checkpoint.
    ///
    /// - Parameters:
    ///   - connection: a connection that can write, for checkpoints alone
    ///   - watch: the watch on the database's files
    ///   - interval: the time between checkpoints in seconds; 0 for none
    ///   - report: called when the files are no longer the database's, with what is wrong; and with `nil` when they are
    ///     again
    init(
        _ connection: Connection,
        _ watch: FileWatch,
        every interval: Int,
        report: @escaping @Sendable (_ problem: String?) -> Void
    ) {
        (self.connection, self.watch) = (connection, watch)
        timer = DispatchSource.makeTimerSource(queue: queue)
        var seconds = 0
        timer.setEventHandler { [unowned self] in
            check(report)
            seconds += 1
            if interval > 0, seconds % interval == 0 { checkpoint() }
        }
        timer.schedule(deadline: .now() + 1, repeating: 1, leeway: .milliseconds(100))
        timer.activate()
    }

    private func check(_ report: (String?) -> Void) {
        watch.check()
        let problem = watch.problem
        if problem != reported {
            // SQLite still has the WAL open, so its content is not lost.
            if watch.lacksCompanion { connection.checkpoint() }
            report(problem)
        }
        reported = problem
    }

    private func checkpoint() {
        if watch.problem != nil { return }
        try? connection.queue.inDatabase { _ in
            // A checkpoint changes the file, so the file gets another ID; see `WALGeneration`.
            if try connection.dataVersion() != version {
                try connection.transaction { try Query(WALGeneration.begin, on: $0).run() }
            }
            version = try connection.dataVersion()
        }
        connection.checkpoint(watch)
    }

    /// Stops, after the checkpoint in progress.
    ///
    /// - Parameter closesConnection: whether to close the connection, which may write to the file
    func close(closesConnection: Bool) {
        timer.cancel()
        queue.sync {}
        if closesConnection { try? connection.close() }
    }
}

extension Connection {
    /// A number that changes when another connection commits (<https://www.sqlite.org/pragma.html#pragma_data_version>).
    fileprivate func dataVersion() throws -> Int64 {
        let query = try Query("PRAGMA data_version", on: self)
        return try query.step() ? query.integer(0) : 0
    }
}
