import Foundation
import Glibc
import Synchronization

/// How a process ended.
enum Exit: Equatable {
    case code(Int32)
    case signal(Int32)
}

/// A process that a test started, and that does not outlive this object.
///
/// Its output goes to files: nothing has to be read for it to go on.
final class ChildProcess: Sendable {
    let pid: pid_t
    private let folder: TemporaryFolder
    private let ended = Mutex<Exit?>(nil)

    /// Starts a process in a folder of its own.
    ///
    /// - Parameters:
    ///   - program: the path of an executable file
    ///   - arguments: what it is told
    ///   - environment: what it finds in its environment beside `PATH`
    ///   - input: the file that is its standard input
    /// - Throws: where it cannot be started.
    init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "/dev/null"
    ) throws {
        folder = try TemporaryFolder()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, folder.file("out"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, folder.file("err"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // The threads that tests run on block signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let variables = environment.merging(["PATH": path]) { given, _ in given }
        let launcher = "/usr/bin/env"
        let argv = ([launcher, "-C", folder.path, program] + arguments).map { strdup($0) } + [nil]
        let envp = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, launcher, &actions, &attributes, argv, envp)
        guard code == 0 else { throw TestFailure("cannot start \(program): \(String(cString: strerror(code)))") }
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

    /// What it wrote to standard output so far.
    var output: String { read("out") }

    /// What it wrote to standard error so far.
    var errors: String { read("err") }

    /// How it ended, if it did.
    func exit() -> Exit? {
        ended.withLock { ended in
            guard ended == nil else { return ended }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            ended = status & 0x7f == 0 ? .code(status >> 8 & 0xff) : .signal(status & 0x7f)
            return ended
        }
    }

    /// Waits until it ended.
    ///
    /// - Throws: where it has not in time; then it is killed.
    func wait(atMost seconds: Double = 120) throws -> Exit {
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

    /// Sends a signal, unless it has ended: its number may be somebody else's by then.
    func signal(_ signal: Int32) {
        if exit() == nil { kill(pid, signal) }
    }

    private func read(_ name: String) -> String {
        let data = FileManager.default.contents(atPath: folder.file(name)) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}
