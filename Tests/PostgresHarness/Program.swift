import Foundation
import Glibc
import TestSupport

/// A program to start, with its arguments, folder, user and environment.
struct Program {
    let path: String
    let arguments: [String]
    /// The working directory.
    let folder: String
    /// The user that runs it; `nil` for the tests' user.
    var user: PostgresUser?
    /// Its environment variables beside `PATH` and `LC_ALL`.
    var environment: [String: String] = [:]

    /// Starts it in a new session, so that a signal from the terminal reaches only the tests.
    ///
    /// - Parameters:
    ///   - input: the file descriptor of standard input
    ///   - output: the file descriptor of standard output
    ///   - errors: the file descriptor of standard error
    /// - Returns: the pid, which is that of the program itself: the commands before it use `exec`.
    /// - Throws: an error if it cannot be started.
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
            // A server must not inherit the socket of another test.
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
    ///   - seconds: the timeout, after which it is killed
    /// - Returns: its standard output.
    /// - Throws: its output, if it fails or does not end in time.
    func run(input: String = "", atMost seconds: Double = 120) throws -> String {
        let (inputFile, output, errors) = (try ScratchFile(), try ScratchFile(), try ScratchFile())
        try inputFile.write(input)
        let child = try start(input: inputFile.descriptor, output: output.descriptor, errors: errors.descriptor)
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
