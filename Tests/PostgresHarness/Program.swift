import Foundation
import Glibc
import TestSupport

/// A program to start: what it is told, where, and as whom.
struct Program {
    let path: String
    let arguments: [String]
    /// The working directory.
    let folder: String
    /// Who runs it; `nil` for ourselves.
    var user: PostgresUser?
    /// What stands in its environment beside `PATH` and `LC_ALL`.
    var environment: [String: String] = [:]

    /// Starts it in a session of its own, so that a signal from the terminal reaches only the tests.
    ///
    /// - Parameters:
    ///   - input: an open file, as are the others
    ///   - output: where standard output goes
    ///   - errors: where standard error goes
    /// - Returns: the process's number, which stays that of `path`: nothing stands between.
    /// - Throws: where it cannot be started.
    func start(input: Int32, output: Int32, errors: Int32) throws -> pid_t {
        var commandLine = ["/usr/bin/env", "-C", folder, "setsid"]
        if let user, user.isOtherUser {
            commandLine += ["setpriv", "--reuid=\(user.uid)", "--regid=\(user.gid)", "--clear-groups", "--"]
        }
        let variables = environment.merging(["LC_ALL": "C"]) { given, _ in given }
        return try Spawn.start(commandLine + [path] + arguments, environment: variables) {
            for (index, file) in [input, output, errors].enumerated() {
                posix_spawn_file_actions_adddup2(&$0, file, Int32(index))
            }
            // A socket of some other test must not live on in a server.
            for file in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap({ Int32($0) })
            where file > 2 {
                posix_spawn_file_actions_addclose(&$0, file)
            }
        }
    }

    /// Runs it to its end.
    ///
    /// - Parameters:
    ///   - input: the text of its standard input
    ///   - seconds: after how many it is killed
    /// - Returns: its standard output.
    /// - Throws: what it said, where it failed or did not end in time.
    func run(input: String = "", atMost seconds: Double = 120) throws -> String {
        let (given, output, errors) = (try ScratchFile(), try ScratchFile(), try ScratchFile())
        try given.write(input)
        let child = try start(input: given.descriptor, output: output.descriptor, errors: errors.descriptor)
        var status: Int32 = 0
        guard Deadline.poll(for: seconds, every: 2000, until: { waitpid(child, &status, WNOHANG) != 0 }) else {
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
            throw TestFailure("\(path) did not end within \(seconds) s: \(errors.text.suffix(2000))")
        }
        guard status == 0 else {
            throw TestFailure("\(path) failed: \(output.text.suffix(500))\(errors.text.suffix(2000))")
        }
        return output.text
    }
}
