/// The value of a setting in force, and where it comes from, for operators.
public struct SettingInForce: Encodable, Equatable, Sendable {
    /// The setting's key, such as `http.port`.
    public let key: String
    /// The value; without the password of a database, and empty for an empty list.
    public let value: Value
    /// Where the value comes from.
    public let source: Source
    /// The name of the setting in its source, such as `--port` or `SENDLOG_HTTP_PORT`; `nil` for a default.
    public let name: String?
    /// The path of the configuration file, if the value comes from it.
    public let file: String?
    /// Whether the source gives the setting under its former name.
    public let isFormerName: Bool

    /// A number or a text.
    public enum Value: Encodable, Equatable, Sendable, CustomStringConvertible {
        /// A number.
        case number(Int)
        /// A text, or the texts of a list with commas between them.
        case text(String)

        /// The value as text.
        public var description: String {
            switch self {
            case .number(let number): "\(number)"
            case .text(let text): text
            }
        }

        /// Encodes the number or the text alone.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let number): try container.encode(number)
            case .text(let text): try container.encode(text)
            }
        }
    }

    /// A kind of source.
    public enum Source: String, Encodable, Sendable {
        /// A flag of the command.
        case flag
        /// An environment variable.
        case variable
        /// The configuration file.
        case file
        /// No source gives the setting.
        case `default`
    }

    /// Where the value comes from, as text: `flag --port`, `file /etc/sendlog.json`, `default`.
    public var origin: String {
        guard let name else { return source.rawValue }
        let former = isFormerName ? " (former name)" : ""
        guard let file else { return "\(source.rawValue) \(name)\(former)" }
        return "\(source.rawValue) \(file)\(isFormerName ? ", as \(name)\(former)" : "")"
    }
}

extension SettingInForce {
    /// Returns all settings in force.
    ///
    /// - Throws: ``ConfigurationError`` for an invalid configuration.
    public static func all(_ sources: ConfigurationSources) throws(ConfigurationError) -> [SettingInForce] {
        let database = try ServiceConfiguration(sources).database
        return Setting.all.map { setting in
            let value: Value =
                switch setting {
                case .database: .text(database.masked)
                case .spoolFolder: .text(database.spoolFolder)
                default: sources.value(setting)
                }
            return SettingInForce(setting, value, sources.given(setting))
        }
    }

    private init(_ setting: Setting, _ value: Value, _ given: ConfigurationSources.Given?) {
        (key, self.value) = (setting.key, value)
        isFormerName = given.map { $0.setting != setting } ?? false
        switch given?.source {
        case .flags: (source, name, file) = (.flag, given?.name, nil)
        case .environment: (source, name, file) = (.variable, given?.name, nil)
        case .file(let path): (source, name, file) = (.file, given?.setting.key, path)
        case nil: (source, name, file) = (.default, nil, nil)
        }
    }
}

extension ConfigurationSources {
    /// Returns the value of a setting in force, as a number or a text.
    fileprivate func value(_ setting: Setting) -> SettingInForce.Value {
        if case .number = setting.kind { return .number(number(setting)) }
        return .text(text(setting))
    }
}
