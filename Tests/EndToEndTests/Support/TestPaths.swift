import Foundation

/// Where the binary and the project's files are, found from the running tests and from this file.
enum TestPaths {
    /// The program under test, which is built with the tests and lies beside them.
    static let binary: String = {
        let running = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        // Where a runner of its own loads the tests, they are what it was told to load.
        let candidates = [running] + CommandLine.arguments.filter { $0.contains(".xctest") }
        let folders = candidates.map { URL(filePath: $0).deletingLastPathComponent() }
        let programs = folders.map { $0.appending(path: "sendlog").path }
        return programs.first(where: FileManager.default.isExecutableFile) ?? programs[0]
    }()

    /// The folder of the package.
    static let package = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The sample of sends that the project ships.
    static let sample = package.appending(path: "Examples/sample.ndjson")

    /// The sends of two organisations that lie beside the clone in CI; empty where they do not.
    static var sharedData: [URL] {
        let folder = package.deletingLastPathComponent().appending(path: "shared/data")
        return ["org-1.ndjson", "org-2.ndjson"].map { folder.appending(path: $0) }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Whether servers that are told no other place keep their data in PostgreSQL.
    static let isOnPostgres = ProcessInfo.processInfo.environment["SENDLOG_TEST_STORE"] == "postgres"
}
