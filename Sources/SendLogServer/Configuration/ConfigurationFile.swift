import Foundation
import SendLogCore

/// A configuration file, which must contain known settings only.
struct ConfigurationFile {
    let path: String

    private static let known = Setting.all.map(\.key)

    /// Checks the file.
    ///
    /// - Throws: ``ConfigurationError`` that names the invalid setting, or the byte offset of a syntax error.
    func check() throws(ConfigurationError) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw ConfigurationError("the configuration file \(path) does not exist")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("the configuration file \(path) cannot be read")
        }
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try Array(data).withUnsafeBufferPointer { bytes throws(JSONSyntaxError) in
                try JSONValue(utf8: bytes)
            }
        } catch {
            throw ConfigurationError(
                "the configuration file \(path) is not valid JSON: \(error.message), at byte \(error.offset)"
            )
        }
        guard case .object(let members) = value else {
            throw ConfigurationError("the configuration file \(path) must contain a JSON object, not \(value.kind)")
        }
        try check(members, under: "")
    }

    private func check(_ members: [JSONMember], under prefix: String) throws(ConfigurationError) {
        var seen: Set<String> = []
        for member in members {
            let key = prefix + member.name
            guard seen.insert(key).inserted else {
                throw ConfigurationError("\(key) in \(path) must be given only once")
            }
            let isGroup = Self.known.contains { $0.hasPrefix("\(key).") }
            switch member.value {
            case .object(let inner) where isGroup:
                try check(inner, under: "\(key).")
            case _ where isGroup:
                throw ConfigurationError("\(key) in \(path) must be an object, not \(member.value.kind)")
            case _ where !Self.isKnown(key) || member.name.contains("."):
                throw ConfigurationError("\(key) in \(path) is not a known setting\(Self.hint(key))")
            case .string, .scalar(.number): break
            default:
                throw ConfigurationError("\(key) in \(path) must be a string or a number, not \(member.value.kind)")
            }
        }
    }

    private static func isKnown(_ key: String) -> Bool {
        known.contains(key) || Setting.formerSettings.contains { $0.key == key }
    }

    private static func hint(_ key: String) -> String {
        let name = key.split(separator: ".").last.map(String.init) ?? key
        if let nested = known.first(where: { $0.hasSuffix(".\(name)") || $0 == key }) {
            let parts = nested.split(separator: ".")
            return parts.count == 2 ? "; did you mean {\"\(parts[0])\": {\"\(parts[1])\": …}}?" : ""
        }
        return ConfigurationError.hint(key, among: known)
    }
}
