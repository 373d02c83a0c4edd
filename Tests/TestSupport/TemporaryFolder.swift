package import Foundation
import Glibc

/// A temporary folder; it is removed when this object is released or the tests end.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// Makes an empty folder.
    ///
    /// - Throws: `TestFailure` if that is not possible.
    package init() throws {
        var template = Array(FileManager.default.temporaryDirectory.appending(path: "sendlog-XXXXXX").path.utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure.system("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        Leftovers.add(folder: path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        Leftovers.remove(folder: path)
    }

    /// The path of a file in the folder, which need not exist.
    package func file(_ name: String = "send.db") -> String { "\(path)/\(name)" }

    /// The bytes of a file in the folder.
    package func bytes(_ name: String = "send.db") throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: file(name))))
    }

    /// Writes a file into the folder.
    package func write(_ bytes: some Sequence<UInt8>, to name: String = "send.db") throws {
        try Data(bytes).write(to: URL(filePath: file(name)))
    }

    /// Writes a text file into the folder.
    ///
    /// - Returns: its path.
    @discardableResult package func write(_ name: String, _ text: String) throws -> String {
        try write(text.utf8, to: name)
        return file(name)
    }

    /// The names of the files in the folder.
    package func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}
