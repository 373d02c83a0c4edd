import ArgumentParser
import Foundation
import SendLogCore
import SendLogServer

/// A failure in words for whoever typed the command.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Talks to the person at the terminal: results on standard output, all else on standard error.
enum Terminal {
    static func result(_ line: String) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: Array("\(escaped(line))\n".utf8))
        } catch {
            throw CommandFailure("standard output cannot be written")
        }
    }

    static func say(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Array("\(escaped(line))\n".utf8))
    }

    /// A text without what a terminal would obey: names from files and databases may hold anything.
    ///
    /// Line breaks stay; other control characters, and those that change the direction of text, are written as `\u{…}`.
    static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0a: escaped.append(scalar)
            case 0x00...0x1f, 0x7f...0x9f, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff:
                escaped.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    /// Runs a command's work, and says in one line why it failed.
    ///
    /// The exit code is 64 where the configuration is wrong, as for a wrong flag, and 1 for all else.
    static func explainingFailures(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ConfigurationError {
            say("Error: \(error)")
            throw ExitCode.validationFailure
        } catch let error as StoreError {
            say("Error: \(describe(error))")
            throw ExitCode.failure
        } catch let error as StoreRefusal where error.isMissing {
            say("Error: \(error); sendlog organisation create makes one, --database names another")
            throw ExitCode.failure
        } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            say("Error: \(error)")
            throw ExitCode.failure
        }
    }

    static func describe(_ error: StoreError) -> String {
        switch error {
        case .notFound: "there is no such thing in this organisation"
        case .nameTaken: "there is an organisation of that name already"
        case .unavailable(let why, let detail): "\(why.rawValue) (\(detail))"
        case .damaged(let detail): "the database is damaged; see \"sendlog database check\" (\(detail))"
        }
    }

    /// Prints rows under headings, in columns as wide as their widest cell.
    static func table(_ headings: [String], _ rows: [[String]]) throws {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        for row in [headings] + rows {
            let cells = row.indices.map { $0 == row.count - 1 ? row[$0] : row[$0].padding(to: widths[$0]) }
            try result(cells.joined(separator: "  "))
        }
    }

    /// Prints values as a JSON array.
    static func json(_ values: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try result(String(decoding: try encoder.encode(values), as: UTF8.self))
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
