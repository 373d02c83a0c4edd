import Foundation
import Glibc
import Synchronization
import TestSupport

/// The folder of one server; it is removed with its processes when this object is released or the tests end.
///
/// A shell in its own session waits for the end of a connection to the tests. The connection ends with `remove()`,
/// with the tests' exit, and with `SIGKILL`. The shell ends the processes whose command line has the folder's name,
/// as all of PostgreSQL's have.
final class ServerFolder: Sendable {
    let path: String
    private let watchdog: Watchdog

    /// Makes a folder.
    ///
    /// - Parameter user: its owner
    /// - Throws: an error if it cannot be made.
    init(of user: PostgresUser) throws {
        // The path of a socket in it must be shorter than 108 bytes.
        let temporary = FileManager.default.temporaryDirectory.path
        let parent = temporary.utf8.count <= 60 ? temporary : "/tmp"
        var template = Array("\(parent)/sendlog-pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure.system("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // From here on, the watchdog removes the folder in every case.
        watchdog = try Watchdog(over: path)
        if user.isOtherUser, chown(path, user.uid, user.gid) != 0 { throw TestFailure.system("chown \(path)") }
    }

    deinit {
        remove()
    }

    /// The folder's name, which is unique.
    var name: String { URL(filePath: path).lastPathComponent }

    /// The path of a file in the folder, which need not exist.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The cluster's data.
    var data: String { file("data") }

    /// Ends every process of the folder, then deletes it; a second call does nothing.
    func remove() {
        watchdog.release()
    }

    /// The processes of the folder that are alive, found by their command lines.
    func processes() -> [pid_t] {
        let (testProcess, name) = (getpid(), Data(name.utf8))
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []
        return all.filter { process in
            process != testProcess
                && FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.range(of: name) != nil
        }
    }
}
