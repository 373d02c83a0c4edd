import Foundation
package import Glibc
import Synchronization

/// How a process ended.
package enum Exit: Equatable {
    case code(Int32)
    case signal(Int32)
}

/// A process that a test started; it is killed when this object is released.
///
/// Its output goes to files, so that it never blocks on a full pipe.
package final class ChildProcess: Sendable {
    package let pid: pid_t
    private let folder: TemporaryFolder
    private let ended = Mutex<Exit?>(nil)

    /// Starts a process in its own temporary folder.
    ///
    /// - Parameters:
    ///   - program: the path of an executable file
    ///   - arguments: its arguments
    ///   - environment: its environment variables beside `PATH`
    ///   - input: the file that is its standard input
    ///   - errorOutput: the file that is its standard error instead of that of ``errors``
    /// - Throws: an error if it cannot be started.
    package init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "/dev/null",
        errorOutput: String? = nil
    ) throws {
        let folder = try TemporaryFolder()
        let child = try Spawn.start(["/usr/bin/env", "-C", folder.path, program] + arguments, environment: environment)
        {
            posix_spawn_file_actions_addopen(&$0, 0, input, O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&$0, 1, folder.file("out"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_addopen(
                &$0,
                2,
                errorOutput ?? folder.file("err"),
                O_WRONLY | O_CREAT | O_APPEND,
                0o600
            )
        }
        self.folder = folder
        pid = child
        Leftovers.add(process: child)
    }

    deinit {
        if exit() == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        Leftovers.remove(process: pid)
    }

    /// Its standard output so far.
    package var output: String { read("out") }

    /// Its standard error so far.
    package var errors: String { read("err") }

    /// How it ended; `nil` while it runs.
    package func exit() -> Exit? {
        ended.withLock { ended in
            guard ended == nil else { return ended }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            ended = status & 0x7f == 0 ? .code(status >> 8 & 0xff) : .signal(status & 0x7f)
            return ended
        }
    }

    /// Waits until it ends.
    ///
    /// - Throws: an error if it does not end in time; then it is killed.
    package func wait(atMost seconds: Double = 120) throws -> Exit {
        var exit: Exit?
        if Deadline.poll(
            for: seconds,
            until: {
                exit = self.exit()
                return exit != nil
            }
        ), let exit {
            return exit
        }
        signal(SIGKILL)
        throw TestFailure("process \(pid) did not end within \(seconds) s; its standard error:\n\(errors.suffix(2000))")
    }

    /// Sends a signal, unless it has ended: another process may have its pid by then.
    package func signal(_ signal: Int32) {
        if exit() == nil { kill(pid, signal) }
    }

    private func read(_ name: String) -> String {
        let data = FileManager.default.contents(atPath: folder.file(name)) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}
