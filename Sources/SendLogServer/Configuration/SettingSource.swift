/// A source of settings, and the values that it gives.
struct SettingSource {
    /// The kind of a source.
    enum Kind: Hashable, Sendable {
        case flags
        case environment
        /// The configuration file with this path.
        case file(String)
    }

    let kind: Kind
    let values: [Setting: SettingValue]

    /// Returns the name of a setting in this source, for messages.
    func name(of setting: Setting) -> String {
        switch kind {
        case .flags: Self.flag(of: setting)
        case .environment: setting.variable
        case .file(let path): "\(setting.key) in \(path)"
        }
    }

    /// Returns the flag of a setting with its hyphens.
    static func flag(of setting: Setting) -> String { "--\(setting.flag)" }
}
