import Foundation
package import Glibc

/// Starts a child process with default signal handling (`posix_spawn`), and returns its pid.
package enum Spawn {
    /// The `PATH` of a program: that of the tests.
    package static var path: String { ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin" }

    /// Starts a program with default signal handling, because the threads of the tests block some signals.
    ///
    /// - Parameters:
    ///   - commandLine: the path of the program, and its arguments
    ///   - environment: its environment variables beside `PATH`
    ///   - isGroup: whether it leads a new process group
    ///   - files: adds the actions for its file descriptors
    /// - Returns: the pid.
    /// - Throws: `TestFailure` if it cannot be started.
    package static func start(
        _ commandLine: [String],
        environment: [String: String],
        isGroup: Bool = false,
        files: (inout posix_spawn_file_actions_t) throws -> Void
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        try files(&actions)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (isGroup ? POSIX_SPAWN_SETPGROUP : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let variables = environment.merging(["PATH": path]) { given, _ in given }
        let argv = commandLine.map { strdup($0) } + [nil]
        let envp = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, commandLine[0], &actions, &attributes, argv, envp)
        guard code == 0 else { throw TestFailure("cannot start \(commandLine): \(String(cString: strerror(code)))") }
        return child
    }
}
