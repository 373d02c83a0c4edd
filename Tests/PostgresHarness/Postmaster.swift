import Foundation
import Glibc
import TestSupport

/// The postmaster of a running PostgreSQL, a child process of the tests.
struct Postmaster {
    let pid: pid_t

    /// Starts a server, and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - binaries: the PostgreSQL programs
    ///   - serverFolder: the folder with its data
    ///   - seconds: the timeout, recovery included
    /// - Throws: the end of its log if it did not start; then it does not run any more.
    init(_ binaries: PostgresBinaries, in serverFolder: ServerFolder, atMost seconds: Double = 120) throws {
        let devNull = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(devNull) }
        let log = open(serverFolder.file("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard log >= 0 else { throw TestFailure.system("open \(serverFolder.file("log"))") }
        defer { close(log) }
        let program = Program(
            path: binaries.path("postgres"),
            arguments: ["-D", serverFolder.data],
            folder: serverFolder.path,
            user: binaries.user
        )
        pid = try program.start(input: devNull, output: log, errors: log)
        var hasEnded = false
        let isInTime = Deadline.poll(for: seconds) {
            hasEnded = self.hasEnded()
            return hasEnded || isReady(in: serverFolder)
        }
        if isInTime, !hasEnded { return }
        if !hasEnded {
            kill(pid, SIGQUIT)
            waitpid(pid, nil, 0)
        }
        let output = FileManager.default.contents(atPath: serverFolder.file("log")) ?? Data()
        throw TestFailure("PostgreSQL did not start: \(String(decoding: output.suffix(2000), as: UTF8.self))")
    }

    /// Whether it has ended; after that, another process may have its pid.
    func hasEnded() -> Bool {
        waitpid(pid, nil, WNOHANG) != 0
    }

    /// Sends a signal to a postmaster that has not ended, and waits for its end.
    ///
    /// - Throws: an error if it does not end in time.
    func end(by signal: Int32, atMost seconds: Double = 60) throws {
        kill(pid, signal)
        guard Deadline.poll(for: seconds, until: { hasEnded() }) else {
            throw TestFailure("PostgreSQL did not stop within \(seconds) s of signal \(signal)")
        }
    }

    /// `postmaster.pid` has the pid in its first line and the state in its eighth (`miscadmin.h`).
    private func isReady(in serverFolder: ServerFolder) -> Bool {
        let lines = Self.pidFile(in: serverFolder)
        return lines.count >= 8 && lines[0] == String(pid) && lines[7].hasPrefix("ready")
    }

    /// Removes what a killed server left behind: its pid file and its System V shared memory segment.
    static func clear(_ serverFolder: ServerFolder) {
        let lines = pidFile(in: serverFolder)
        // The seventh line has the key and the id of the segment.
        if lines.count >= 7, let memory = lines[6].split(separator: " ").last.flatMap({ Int32($0) }) {
            shmctl(memory, IPC_RMID, nil)
        }
        unlink("\(serverFolder.data)/postmaster.pid")
    }

    private static func pidFile(in serverFolder: ServerFolder) -> [Substring] {
        let data = FileManager.default.contents(atPath: "\(serverFolder.data)/postmaster.pid") ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }
}
