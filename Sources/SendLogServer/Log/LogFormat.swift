import Foundation
import SendLogCore

/// The format of log lines.
public enum LogFormat: String, Sendable {
    /// `2026-01-31T23:59:59.999Z info message key=value`
    case text
    /// One JSON object per line.
    case json
}

extension LogFormat {
    /// Finds the format in sources that may be invalid, to report in this format what is wrong with them: that of the source
    /// that takes precedence, or ``text`` if it cannot be found out.
    ///
    /// - Parameters:
    ///   - flag: the value of the flag
    ///   - environment: the environment variables
    ///   - file: the path of the configuration file from a flag
    public init(flag: String?, environment: [String: String], file: String?) {
        let path = file ?? environment[Setting.fileVariable]
        let given = flag ?? environment[Setting.logFormat.variable] ?? path.flatMap { Self.text(inFile: $0) }
        self = given.flatMap { Self(rawValue: $0) } ?? .text
    }

    /// Returns the setting in a file; `nil` if it has none, or cannot be read.
    private static func text(inFile path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path),
            var value = try? Array(data).withUnsafeBufferPointer({ try JSONValue(utf8: $0) })
        else { return nil }
        for name in Setting.logFormat.key.split(separator: ".") {
            guard case .object(let members) = value, let member = members.first(where: { $0.name == name }) else {
                return nil
            }
            value = member.value
        }
        guard case .string(let text) = value else { return nil }
        return text
    }
}
