import Foundation
import Glibc
import Synchronization
import TestSupport

/// The folder of one server, gone with every process in it when nobody holds it or the tests end, however they end.
///
/// A shell stands by in a session of its own and waits for the end of a connection to us: it comes with `remove()`,
/// with our exit, and with our death by a signal that nobody can catch. What it ends are the processes whose command
/// line has the folder's name in it, as all of PostgreSQL's have.
final class ServerFolder: Sendable {
    let path: String
    private let watchdog: Watchdog

    /// Makes a folder.
    ///
    /// - Parameter user: whose it is
    /// - Throws: where it cannot be made.
    init(of user: PostgresUser) throws {
        // The path of a socket in it must be shorter than 108 bytes.
        let temporary = FileManager.default.temporaryDirectory.path
        let parent = temporary.utf8.count <= 60 ? temporary : "/tmp"
        var template = Array("\(parent)/sendlog-pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure.system("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // From here on, whatever happens, the folder goes.
        watchdog = try Watchdog(over: path)
        if user.isOtherUser, chown(path, user.uid, user.gid) != 0 { throw TestFailure.system("chown \(path)") }
    }

    deinit {
        remove()
    }

    /// The folder's name, which no other one has.
    var name: String { URL(filePath: path).lastPathComponent }

    /// The path of a file in the folder, which need not be there.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The cluster's data.
    var data: String { file("data") }

    /// Ends every process of the folder, then deletes it; a second time, nothing happens.
    func remove() {
        watchdog.release()
    }

    /// The processes of the folder that are alive, found by their command lines.
    func processes() -> [pid_t] {
        let (own, name) = (getpid(), Data(name.utf8))
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []
        return all.filter { process in
            process != own
                && FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.range(of: name) != nil
        }
    }
}
