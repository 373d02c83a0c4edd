import Foundation

/// The paths of the binary and of the project's files, derived from the running tests and from this file.
enum TestPaths {
    /// The program under test, which is built into the same folder as the tests.
    static let binary: String = {
        let running = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        // A separate runner that loads the tests has their path among its arguments.
        let candidates = [running] + CommandLine.arguments.filter { $0.contains(".xctest") }
        let folders = candidates.map { URL(filePath: $0).deletingLastPathComponent() }
        let programs = folders.map { $0.appending(path: "sendlog").path }
        return programs.first(where: FileManager.default.isExecutableFile) ?? programs[0]
    }()

    /// The folder of the package.
    static let package = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The sample of send logs that the project ships.
    static let sample = package.appending(path: "Examples/sample.ndjson")

    /// The send logs of two organisations, in a folder beside the clone in CI; empty if there is none.
    static var sharedData: [URL] {
        let folder = package.deletingLastPathComponent().appending(path: "shared/data")
        return ["org-1.ndjson", "org-2.ndjson"].map { folder.appending(path: $0) }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// The folder to which `SENDLOG_TEST_PICTURES` has tests save pictures; `nil` for none.
    static let pictures = ProcessInfo.processInfo.environment["SENDLOG_TEST_PICTURES"]

    /// Whether servers without an explicit folder or database use PostgreSQL.
    static let isOnPostgres = ProcessInfo.processInfo.environment["SENDLOG_TEST_STORE"] == "postgres"
}
