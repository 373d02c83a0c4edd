import Configuration
import Foundation
import SendLogCore
import SystemPackage

/// The sources of settings.
///
/// Flags take precedence over the environment, and the environment over the file.
public struct ConfigurationSources {
    private typealias Source = (provider: any ConfigProvider, name: (Setting) -> String)

    private let providers: [Source]
    /// Warnings for the operator: settings that were given under former names.
    public private(set) var warnings: [String] = []

    /// Creates the sources.
    ///
    /// - Parameters:
    ///   - flags: the values of command-line flags
    ///   - environment: the environment variables
    ///   - file: the path of a JSON file from a flag; `nil` to use the path from the environment, if it has one
    /// - Throws: ``ConfigurationError`` for an unreadable file, an unknown name, or a setting that one source gives
    ///   under both its current and its former name.
    public init(flags: [Setting: String], environment: [String: String], file: String?) async throws(ConfigurationError)
    {
        try Self.refuseUnknown(environment)
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (setting, text) in flags {
            // An invalid number stays a text; reading it as a number throws.
            let number: Int? = if case .number = setting.kind { Int(text) } else { nil }
            values[setting.absoluteKey] = ConfigValue(number.map(ConfigContent.int) ?? .string(text), isSecret: false)
        }
        var providers: [Source] = [
            (InMemoryProvider(name: "flags", values: values), { "--\($0.flag)" }),
            (EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "sendlog"), \.variable),
        ]
        if let path = file ?? environment[Setting.fileVariable] {
            try ConfigurationFile(path: path).check()
            do {
                let provider = try await FileProvider<JSONSnapshot>(filePath: FilePath(path))
                providers.append((provider, { "\($0.key) in \(path)" }))
            } catch {
                throw ConfigurationError("the configuration file \(path) cannot be read: \(error)")
            }
        }
        self.providers = providers
        warnings = try formerNames()
    }

    /// Returns warnings for settings that were given under former names.
    private func formerNames() throws(ConfigurationError) -> [String] {
        var warnings: [String] = []
        for setting in Setting.all {
            guard let former = setting.former else { continue }
            for source in providers {
                guard try value(of: former, in: source) != nil else { continue }
                let (present, given) = (source.name(setting), source.name(former))
                guard try value(of: setting, in: source) == nil else {
                    throw ConfigurationError("\(given) is the former name of \(present); give only \(present)")
                }
                warnings.append("\(given) is now called \(present); the former name will be removed")
            }
        }
        return warnings
    }

    /// Returns the name of a setting in the source that sets it, or its key if it is not set.
    func name(of setting: Setting) -> String {
        (try? find(setting))?.name ?? setting.key
    }

    /// Returns the value of a text setting, or `nil` if it is not set.
    func text(_ setting: Setting) throws(ConfigurationError) -> String? {
        guard let (value, name) = try find(setting), case .string(let text) = value else { return nil }
        if case .choice(let choices) = setting.kind, !choices.contains(text) {
            let hint = ConfigurationError.hint(text, among: choices)
            throw ConfigurationError("\(name) must be \(setting.rule), not \(text)\(hint)")
        }
        if text.isEmpty { throw ConfigurationError("\(name) must not be empty") }
        return text
    }

    /// Returns the value of a number setting, or `nil` if it is not set.
    func number(_ setting: Setting) throws(ConfigurationError) -> Int? {
        guard let (value, name) = try find(setting), case .int(let number) = value else { return nil }
        if case .number(let range) = setting.kind, !range.contains(number) {
            throw ConfigurationError("\(name) must be \(setting.rule), not \(number)")
        }
        return number
    }

    private func find(_ setting: Setting) throws(ConfigurationError) -> (ConfigContent, name: String)? {
        for source in providers {
            for setting in [setting, setting.former].compactMap(\.self) {
                if let value = try value(of: setting, in: source) { return (value, source.name(setting)) }
            }
        }
        return nil
    }

    private func value(of setting: Setting, in source: Source) throws(ConfigurationError) -> ConfigContent? {
        let type: ConfigType = if case .number = setting.kind { .int } else { .string }
        do {
            return try source.provider.value(forKey: setting.absoluteKey, type: type).value?.content
        } catch {
            throw ConfigurationError("\(source.name(setting)) must be \(setting.rule)")
        }
    }

    private static func refuseUnknown(_ environment: [String: String]) throws(ConfigurationError) {
        let known = Setting.all.map(\.variable) + [Setting.fileVariable]
        let accepted = known + Setting.formerSettings.map(\.variable)
        for name in environment.keys.sorted() where name.hasPrefix(Setting.variablePrefix) && !accepted.contains(name) {
            let hint = ConfigurationError.hint(name, among: known)
            throw ConfigurationError("unknown environment variable \(name)\(hint)")
        }
    }
}

extension Setting {
    /// The valid values, for error messages.
    fileprivate var rule: String {
        switch kind {
        case .text: "a string"
        case .choice(let choices): "one of \(choices.joined(separator: ", "))"
        case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        }
    }

    fileprivate var absoluteKey: AbsoluteConfigKey {
        AbsoluteConfigKey(key.split(separator: ".").map(String.init))
    }
}
