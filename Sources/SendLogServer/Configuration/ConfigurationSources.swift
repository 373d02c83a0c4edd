/// The sources of settings.
///
/// Flags take precedence over the environment, and the environment over the file.
public struct ConfigurationSources {
    /// The sources in the order of their precedence.
    private let sources: [SettingSource]
    /// Warnings for the operator: settings that were given under former names, and variables that are ignored.
    public private(set) var warnings: [String]

    /// The path of the configuration file; `nil` without one.
    let file: String?

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
        for (setting, text) in flags {
            values[setting] = try setting.value(of: text, named: SettingSource.flag(of: setting))
        }
        let variables = try EnvironmentVariables(environment)
        var sources = [
            SettingSource(kind: .flags, values: values),
            SettingSource(kind: .environment, values: variables.values),
        ]
        if file?.isEmpty == true { throw .empty("--config") }
        self.file = file ?? variables.file
        if let path = self.file {
            sources.append(SettingSource(kind: .file(path), values: try ConfigurationFile(path: path).values()))
        }
        (self.sources, warnings) = (sources, variables.warnings)
        warnings += try formerNames()
    }

    /// Returns warnings for settings that were given under former names.
    private func formerNames() throws(ConfigurationError) -> [String] {
        var warnings: [String] = []
        for setting in Setting.all {
            guard let former = setting.former else { continue }
            for source in sources where source.values[former] != nil {
                let (present, given) = (source.name(of: setting), source.name(of: former))
                if source.values[setting] != nil {
                    throw ConfigurationError("\(given) is the former name of \(present); give only \(present)")
                }
                warnings.append("\(given) is now called \(present); the former name will be removed")
            }
        }
        return warnings
    }

    /// Returns the name of a setting in the source that sets it, or its key if it is not set.
    func name(of setting: Setting) -> String { given(setting)?.name ?? setting.key }

    /// Returns the value of a text setting, or `nil` if it is not set.
    func givenText(_ setting: Setting) -> String? { texts(setting).first?.text }

    /// Returns the value of a text setting, or its default; empty for an empty list.
    func text(_ setting: Setting) -> String { givenText(setting) ?? setting.standard.text ?? "" }

    /// Returns the value of a number setting, or `nil` if it is not set.
    func givenNumber(_ setting: Setting) -> Int? {
        guard case .number(let number)? = given(setting)?.value else { return nil }
        return number
    }

    /// Returns the value of a number setting, or its default.
    func number(_ setting: Setting) -> Int {
        guard let number = givenNumber(setting) ?? setting.standard.number(in: self) else {
            preconditionFailure("\(setting.key) is not a number")
        }
        return number
    }

    /// Parses a text setting in every source that has it: no source hides another one's invalid value.
    ///
    /// - Parameters:
    ///   - setting: the setting; its default is parsed if no source has it
    ///   - parse: parses a text; the other parameter is the setting's name in the source, for error messages
    /// - Returns: the value that takes precedence.
    /// - Throws: the errors of `parse`.
    func parsed<Value>(
        _ setting: Setting,
        _ parse: (_ text: String, _ name: String) throws(ConfigurationError) -> Value
    ) throws(ConfigurationError) -> Value {
        var values: [Value] = []
        for (text, name) in texts(setting) { values.append(try parse(text, name)) }
        if let first = values.first { return first }
        return try parse(text(setting), setting.key)
    }

    private func texts(_ setting: Setting) -> [(text: String, name: String)] {
        all(setting).compactMap { given in
            guard case .text(let text) = given.value else { return nil }
            return (text, given.name)
        }
    }

    /// A value that a source gives to a setting.
    struct Given {
        let value: SettingValue
        let source: SettingSource.Kind
        /// The setting's name in the source, for messages.
        let name: String
        /// The setting as the source names it: under its present name or its former one.
        let setting: Setting
    }

    /// Returns the value of a setting that takes precedence, and where it comes from; `nil` if no source gives it.
    func given(_ setting: Setting) -> Given? { all(setting).first }

    /// Returns the values of a setting, first the one that takes precedence.
    private func all(_ setting: Setting) -> [Given] {
        sources.flatMap { source in
            [setting, setting.former].compactMap(\.self).compactMap { setting in
                source.values[setting].map {
                    Given(value: $0, source: source.kind, name: source.name(of: setting), setting: setting)
                }
            }
        }
    }
}
