import Foundation
import TestSupport
import Testing

/// The restore drill of `docs/operation.md`: the document's own commands, on a real server.
@Suite struct RestoreDrillTests {
    @Test func `the commands of the document back up and restore a database`() throws {
        let folder = try TemporaryFolder()
        try folder.write("sendlog.json", #"{"database": "sqlite:\#(folder.file("sendlog.db"))"}"#)
        let server = try Server(in: folder, path: "sendlog.db")
        let tenant = try server.tenant()
        try tenant.record(SampleLog(id: "before"))
        let blocks = try Self.commands()
        try #require(blocks.count == 2, "the document has other commands; test them")
        let backUp = try Self.run(blocks[0], in: folder, stopping: server)
        #expect(backUp.exit == .code(0), "\(backUp)")
        try tenant.record(SampleLog(id: "after"))
        let restore = try Self.run(blocks[1], in: folder, stopping: server)
        #expect(restore.exit == .code(0), "\(restore)")
        #expect(restore.lines == ["stop sendlog", "start sendlog"])
        #expect(try server.process.wait() == .code(0))
        let restored = try Server(in: folder, path: "sendlog.db")
        let page = try tenant.on(restored).post("/send-logs/search", "{}").data()
        #expect(page["send_logs"].elements.map { $0["_id"].string } == ["before"])
        #expect(try restored.command("database", "check").succeeded().output == "ok\n")
    }

    /// The `sh` blocks under "Back up and restore", up to the next heading of any level.
    private static func commands() throws -> [String] {
        let text = try String(contentsOf: TestPaths.package.appending(path: "docs/operation.md"), encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## Back up and restore\n").last)
        let drill = try #require(section.components(separatedBy: "\n#").first)
        return drill.components(separatedBy: "```sh\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
    }

    /// Runs commands with the service's folder in the test's folder, `sudo` as nothing, and `systemctl` that stops the
    /// server.
    private static func run(_ commands: String, in folder: TemporaryFolder, stopping server: Server) throws -> Command {
        let script = """
            set -eu
            sudo() { if [ "$1" = -u ]; then shift 2; fi; "$@"; }
            ended() { case $(cut -d' ' -f3 /proc/\(server.process.pid)/stat) in Z) ;; *) false ;; esac; }
            systemctl() {
                echo "$@"
                if [ "$1" = stop ]; then kill \(server.process.pid); until ended; do sleep 0.1; done; fi
            }
            sendlog() { \(TestPaths.binary) "$@"; }
            """
        let adapted = commands.replacingOccurrences(of: "/var/lib/sendlog", with: folder.path)
            .replacingOccurrences(of: "/etc/sendlog.json", with: folder.file("sendlog.json"))
        return try Command("/bin/bash", ["-c", "\(script)\n\(adapted)"])
    }
}
