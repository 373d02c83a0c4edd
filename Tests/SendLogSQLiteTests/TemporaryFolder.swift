import Foundation
import SendLogCore
import SendLogSQLite
import Testing

/// A folder of a test's own, gone when the test is over.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let template = FileManager.default.temporaryDirectory.appendingPathComponent("sendlog-test-XXXXXX").path
        var name = Array(template.utf8CString)
        let made = name.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
        try #require(made, "cannot make a folder: \(template)")
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a file in the folder, which need not be there.
    func file(_ name: String = "send.db") -> String { "\(path)/\(name)" }

    /// The bytes of a file in the folder.
    func bytes(_ name: String = "send.db") throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    /// Writes a file into the folder.
    func write(_ bytes: some Sequence<UInt8>, to name: String = "send.db") throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    }

    /// The names of the files in the folder.
    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}

/// Runs a test on an embedded store of its own in a real file, which is closed afterwards.
func withStore(
    _ options: SQLiteStore.Options = .init(readers: 2),
    _ body: (SQLiteStore, TemporaryFolder) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore(path: folder.file(), options: options)
    defer { store.close() }
    try await body(store, folder)
}
