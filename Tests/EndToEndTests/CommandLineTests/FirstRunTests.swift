import Foundation
import Glibc
import PostgresHarness
import TestSupport
import Testing

/// `scripts/run.sh`, which `make run` executes once the program is built.
@Suite struct FirstRunTests {
    private let folder: TemporaryFolder
    private let port: UInt16

    init() throws {
        port = try FreePort.any()
        folder = try TemporaryFolder()
    }

    /// Starts the script in the folder, which is empty at the first run, and waits until the server listens.
    private func run() throws -> ChildProcess {
        let script = TestPaths.package.appending(path: "scripts/run.sh").path
        let sample = TestPaths.sample.path
        let process = try ChildProcess(
            "/bin/bash",
            [script, TestPaths.binary, sample],
            environment: ["PORT": "\(port)", "SENDLOG_DATABASE": "sqlite:\(folder.file("sendlog.db"))"]
        )
        let isReady = Deadline.poll(for: 60) { process.output.contains("is listening on") || process.exit() != nil }
        try #require(isReady && process.exit() == nil, "\(process.output) \(process.errors)")
        return process
    }

    @Test func `the first run prints a curl command that works, and the second run has the same data`() throws {
        let first = try run()
        let curl = try #require(first.output.split(separator: "\n").first { $0.hasPrefix("curl ") })
        let response = try Command.tool("bash", "-c", String(curl)).succeeded().output
        #expect(response.hasPrefix(#"{"ok":true,"data":{"total":7,"#))
        first.signal(SIGINT)
        #expect(try first.wait() == .code(0))
        let second = try run()
        #expect(!second.output.contains("slk_"))
        let again = try Command.tool("bash", "-c", String(curl)).succeeded().output
        let requestID = #/"requestId":"[^"]*"/#
        #expect(again.replacing(requestID, with: "") == response.replacing(requestID, with: ""))
        second.signal(SIGINT)
        #expect(try second.wait() == .code(0))
    }
}
