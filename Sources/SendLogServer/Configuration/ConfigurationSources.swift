/// The sources of settings.
///
/// Flags take precedence over the environment, and the environment over the file.
public struct ConfigurationSources {
    /// The values of a source, and the name that a setting has in it.
    private typealias Source = (values: [Setting: SettingValue], name: (Setting) -> String)

    private let sources: [Source]
    /// Warnings for the operator: settings that were given under former names, and variables that are ignored.
    public private(set) var warnings: [String]

    /// Creates the sources.
    ///
    /// Each value must be valid, even if a source of higher precedence gives another one.
    ///
    /// - Parameters:
    ///   - flags: the values of command-line flags
    ///   - environment: the environment variables
    ///   - file: the path of a JSON file from a flag; `nil` to use the path from the environment, if it has one
    /// - Throws: ``ConfigurationError`` for an invalid value, an unreadable file, an unknown name, or a setting that one
    ///   source gives under both its current and its former name.
    public init(flags: [Setting: String], environment: [String: String], file: String?) throws(ConfigurationError) {
        var values: [Setting: SettingValue] = [:]
        for (setting, text) in flags { values[setting] = try setting.value(of: text, named: Self.flag(of: setting)) }
        let variables = try EnvironmentVariables(environment)
        var sources: [Source] = [(values, Self.flag), (variables.values, \.variable)]
        if file?.isEmpty == true { throw .empty("--config") }
        if let path = file ?? variables.file {
            sources.append((try ConfigurationFile(path: path).values(), { "\($0.key) in \(path)" }))
        }
        (self.sources, warnings) = (sources, variables.warnings)
        warnings += try formerNames()
    }

    private static func flag(of setting: Setting) -> String { "--\(setting.flag)" }

    /// Returns warnings for settings that were given under former names.
    private func formerNames() throws(ConfigurationError) -> [String] {
        var warnings: [String] = []
        for setting in Setting.all {
            guard let former = setting.former else { continue }
            for source in sources where source.values[former] != nil {
                let (present, given) = (source.name(setting), source.name(former))
                if source.values[setting] != nil {
                    throw ConfigurationError("\(given) is the former name of \(present); give only \(present)")
                }
                warnings.append("\(given) is now called \(present); the former name will be removed")
            }
        }
        return warnings
    }

    /// Returns the name of a setting in the source that sets it, or its key if it is not set.
    func name(of setting: Setting) -> String { all(setting).first?.name ?? setting.key }

    /// Returns the value of a text setting, or `nil` if it is not set.
    func text(_ setting: Setting) -> String? { texts(setting).first?.text }

    /// Returns the value of a number setting, or `nil` if it is not set.
    func number(_ setting: Setting) -> Int? {
        guard case .number(let number)? = all(setting).first?.value else { return nil }
        return number
    }

    /// Parses a text setting in every source that has it: no source hides another one's invalid value.
    ///
    /// - Parameters:
    ///   - setting: the setting
    ///   - standard: the text that is parsed if no source has the setting
    ///   - parse: parses a text; the other parameter is the setting's name in the source, for error messages
    /// - Returns: the value that takes precedence.
    /// - Throws: the errors of `parse`.
    func parsed<Value>(
        _ setting: Setting,
        default standard: String,
        _ parse: (_ text: String, _ name: String) throws(ConfigurationError) -> Value
    ) throws(ConfigurationError) -> Value {
        var values: [Value] = []
        for (text, name) in texts(setting) { values.append(try parse(text, name)) }
        if let first = values.first { return first }
        return try parse(standard, setting.key)
    }

    private func texts(_ setting: Setting) -> [(text: String, name: String)] {
        all(setting).compactMap { value, name in
            guard case .text(let text) = value else { return nil }
            return (text, name)
        }
    }

    /// Returns the values of a setting, first the one that takes precedence, each with its name in its source.
    private func all(_ setting: Setting) -> [(value: SettingValue, name: String)] {
        sources.flatMap { source in
            [setting, setting.former].compactMap(\.self).compactMap { setting in
                source.values[setting].map { ($0, source.name(setting)) }
            }
        }
    }
}
