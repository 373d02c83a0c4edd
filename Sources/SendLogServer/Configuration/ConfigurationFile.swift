import Foundation
import SendLogCore

/// A configuration file, which must contain known settings only.
struct ConfigurationFile {
    let path: String

    private static let known = Setting.all.map(\.key)

    /// Reads the file.
    ///
    /// - Returns: the values of the settings that it contains.
    /// - Throws: ``ConfigurationError`` that names the invalid setting, or the byte offset of a syntax error.
    func values() throws(ConfigurationError) -> [Setting: SettingValue] {
        let data = try read()
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try Array(data).withUnsafeBufferPointer { bytes throws(JSONSyntaxError) in
                try JSONValue(utf8: bytes)
            }
        } catch {
            let head = Array(data.prefix(TextFormat.headLength))
            throw ConfigurationError("the configuration file \(path) \(error.explanation(head: head, expected: .file))")
        }
        guard case .object(let members) = value else {
            throw ConfigurationError("the configuration file \(path) must contain a JSON object, not \(value.kind)")
        }
        var values: [Setting: SettingValue] = [:]
        try read(members, under: "", into: &values)
        return values
    }

    private func read() throws(ConfigurationError) -> Data {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { throw ConfigurationError("the configuration file \(path) does not exist") }
        guard descriptor >= 0 else { throw unreadable(errno) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { throw unreadable(EISDIR) }
        do { return try file.readToEnd() ?? Data() } catch { throw unreadable(EIO) }
    }

    private func unreadable(_ code: Int32) -> ConfigurationError {
        ConfigurationError("the configuration file \(path) cannot be read: \(String(cString: strerror(code)))")
    }

    private func read(
        _ members: [JSONMember],
        under prefix: String,
        into values: inout [Setting: SettingValue]
    ) throws(ConfigurationError) {
        var seen: Set<String> = []
        for member in members {
            let key = prefix + member.name
            guard seen.insert(key).inserted else {
                throw ConfigurationError("\(key) in \(path) must be given only once")
            }
            let isGroup = Self.known.contains { $0.hasPrefix("\(key).") }
            switch member.value {
            case .object(let inner) where isGroup:
                try read(inner, under: "\(key).", into: &values)
            case _ where isGroup:
                throw ConfigurationError("\(key) in \(path) must be an object, not \(member.value.kind)")
            default:
                let setting = (Setting.all + Setting.formerSettings).first { $0.key == key }
                guard let setting, !member.name.contains(".") else {
                    throw ConfigurationError("\(key) in \(path) is not a known setting\(Self.hint(key))")
                }
                values[setting] = try setting.value(of: member.value, named: "\(key) in \(path)")
            }
        }
    }

    private static func hint(_ key: String) -> String {
        let name = key.split(separator: ".").last.map(String.init) ?? key
        if let nested = known.first(where: { $0.hasSuffix(".\(name)") || $0 == key }) {
            let parts = nested.split(separator: ".")
            return parts.count == 2 ? "; did you mean {\"\(parts[0])\": {\"\(parts[1])\": …}}?" : ""
        }
        return Setting.nearest(to: key).map { "; did you mean \($0.key)?" } ?? ""
    }
}
