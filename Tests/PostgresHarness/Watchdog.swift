import Foundation
import Glibc
import Synchronization
import TestSupport

/// A shell that waits until the tests end or release it; then it ends the processes of a folder and deletes it.
final class Watchdog: Sendable {
    private let shell: pid_t

    /// The tests' ends of the connections to the shells that still wait.
    private static let waiting = Mutex<[pid_t: Int32]>([:])
    private static let registered: Void = {
        atexit { Watchdog.releaseAll() }
    }()

    /// Starts the shell.
    ///
    /// - Throws: an error if the shell cannot be started.
    init(over folder: String) throws {
        _ = Self.registered
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestFailure.system("socketpair")
        }
        defer { close(ends[1]) }
        let devNull = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(devNull) }
        let program = Program(
            path: "/bin/sh",
            arguments: ["-c", Self.script],
            folder: "/",
            environment: ["FOLDER": folder]
        )
        do {
            shell = try program.start(input: ends[1], output: devNull, errors: devNull)
        } catch {
            close(ends[0])
            throw error
        }
        Self.waiting.withLock { $0[shell] = ends[0] }
    }

    /// Has the shell clean up, and waits for its end.
    func release() {
        guard let end = Self.waiting.withLock({ $0.removeValue(forKey: shell) }) else { return }
        close(end)
        waitpid(shell, nil, 0)
    }

    private static func releaseAll() {
        let waiting = waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting
        }
        for end in waiting.values { close(end) }
        for shell in waiting.keys { waitpid(shell, nil, 0) }
    }

    // SIGQUIT is PostgreSQL's immediate shutdown; SIGCONT lets a process that a test has stopped act on it.
    // grep reads the folder's name from standard input, so that its own command line does not match.
    private static let script = """
        trap '' HUP INT TERM QUIT
        cat >/dev/null
        members() {
            printf '%s' "${FOLDER##*/}" | grep -alsF -f - /proc/[0-9]*/cmdline | cut -d/ -f3
        }
        turn=0
        while pids=$(members); [ -n "$pids" ]; do
            case $turn in
                0) kill -QUIT $pids; kill -CONT $pids ;;
                100 | 200 | 300) kill -KILL $pids ;;
                400) break ;;
            esac
            turn=$((turn + 1))
            sleep 0.05
        done
        rm -rf "$FOLDER"
        """
}
