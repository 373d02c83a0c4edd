import SendLogCore

/// The environment variables whose names begin with `SENDLOG_`.
struct EnvironmentVariables {
    /// The values of settings.
    private(set) var values: [Setting: SettingValue] = [:]
    /// The path of the configuration file; `nil` if no variable names it.
    private(set) var file: String?
    /// Warnings for the operator: variables that are ignored.
    private(set) var warnings: [String] = []

    private static let settings = Dictionary(
        uniqueKeysWithValues: (Setting.all + Setting.formerSettings).map { ($0.variable, $0) }
    )

    /// Reads the variables.
    ///
    /// - Throws: ``ConfigurationError`` for an invalid value, and for an unknown name that is close to a known one.
    init(_ environment: [String: String]) throws(ConfigurationError) {
        let ours = environment.filter { $0.key.hasPrefix(Setting.variablePrefix) }
        for (name, text) in ours.sorted(by: { $0.key < $1.key }) { try add(name, text) }
    }

    private mutating func add(_ name: String, _ text: String) throws(ConfigurationError) {
        let setting = Self.settings[name]
        if KubernetesVariable.has(name, text) {
            // Its name is a setting's only for a Service such as sendlog-http.
            if setting != nil { warnings.append("\(name) is ignored: Kubernetes sets it to \(text) for a Service") }
        } else if let setting {
            values[setting] = try setting.value(of: text, named: name)
        } else if name == Setting.fileVariable {
            if text.allSatisfy(\.isWhitespace) { throw .empty(name) }
            file = text
        } else if name != Setting.keyVariable {
            if let meant = Self.nearest(to: name) {
                throw ConfigurationError("unknown environment variable \(name); did you mean \(meant)?")
            }
            warnings.append("the environment variable \(name) is unknown, and is ignored")
        }
    }

    /// Returns the variable that an unknown name is close to; `nil` if there is none.
    private static func nearest(to name: String) -> String? {
        // Without the prefix, which all names have in common.
        func shortened(_ name: String) -> String { String(name.dropFirst(Setting.variablePrefix.count)) }
        let isFile = NearestName.to(shortened(name), among: [shortened(Setting.fileVariable)]) != nil
        if isFile { return Setting.fileVariable }
        return Setting.nearest(to: shortened(name))?.variable ?? extended(by: name)
    }

    /// Returns the variable that a name extends, as `SENDLOG_DATABASE_URL` and `SENDLOG_DB` do; `nil` if there is none.
    private static func extended(by name: String) -> String? {
        let short = "\(Setting.variablePrefix)DB"
        if name == short || name.hasPrefix("\(short)_") { return Setting.database.variable }
        let known = [Setting.fileVariable] + Setting.all.map(\.variable)
        return known.filter { name.hasPrefix("\($0)_") }.max { $0.count < $1.count }
    }
}
