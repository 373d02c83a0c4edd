import ArgumentParser
import Foundation
import SendLogCore
import SendLogServer

/// Writes to the terminal: results on standard output, messages on standard error.
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

    /// Escapes characters that could control the terminal: names from files and databases may contain any character.
    ///
    /// Line breaks are kept. Other control characters, and those that change the direction of text, are written as
    /// `\u{…}`.
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

    /// Runs a command and reports a failure in one line.
    ///
    /// The exit code is 64 for an invalid configuration, as for an invalid flag, and 1 for all other failures.
    ///
    /// - Parameters:
    ///   - report: reports the failure; by default as text on standard error
    ///   - body: the command
    /// - Throws: the exit code; `ValidationError`.
    static func explainingFailures(
        report: (_ problem: String) -> Void = { say("Error: \($0)") },
        _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch let error as ConfigurationError {
            report("\(error)")
            throw ExitCode.validationFailure
        } catch let error as StoreError {
            report(describe(error))
            throw ExitCode.failure
        } catch let error as StoreSetupError where error.isMissing {
            report("\(error); create one with sendlog organisation create, or name another with --database")
            throw ExitCode.failure
        } catch let error where error is ExitCode || error is ValidationError {
            throw error
        } catch {
            report("\(error)")
            throw ExitCode.failure
        }
    }

    private static func describe(_ error: StoreError) -> String {
        switch error {
        case .notFound: "not found in this organisation"
        case .nameTaken: "an organisation with this name already exists"
        case .unavailable(let why, let detail): "\(why.rawValue) (\(detail))"
        case .corrupted(let detail): "the database is damaged; run sendlog database check (\(detail))"
        }
    }

    /// Prints rows under headings; each column is as wide as its widest cell.
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
