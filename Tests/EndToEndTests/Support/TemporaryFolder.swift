import Foundation
import Glibc

/// A folder that is gone when nobody holds it any longer.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array(
            FileManager.default.temporaryDirectory.appending(path: "sendlog-e2e-XXXXXX").path.utf8CString
        )
        guard mkdtemp(&template) != nil else { throw TestFailure.system("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        Leftovers.add(folder: path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        Leftovers.remove(folder: path)
    }

    /// The path of a file in the folder, which need not be there.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file into the folder.
    ///
    /// - Returns: its path.
    @discardableResult func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: file(name)))
        return file(name)
    }
}
