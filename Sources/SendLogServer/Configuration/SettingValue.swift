import SendLogCore

/// A value of a setting that is valid for the setting's kind.
enum SettingValue: Equatable, Sendable {
    case text(String)
    case number(Int)
}

extension Setting {
    /// Parses the text of a flag or of an environment variable.
    ///
    /// - Parameters:
    ///   - text: the text
    ///   - name: the name of the setting in its source, for error messages
    /// - Returns: the value.
    /// - Throws: ``ConfigurationError`` that says which values are valid.
    func value(of text: String, named name: String) throws(ConfigurationError) -> SettingValue {
        if text.allSatisfy(\.isWhitespace) { throw .empty(name) }
        switch kind {
        case .text: return .text(text)
        case .choice(let choices):
            if choices.contains(text) { return .text(text) }
            throw invalid("\(text)\(ConfigurationError.hint(text, among: choices))", name)
        case .number(let range):
            guard let number = Int(text), range.contains(number) else { throw invalid(text, name) }
            return .number(number)
        }
    }

    /// Parses a value of the configuration file, in which numbers are JSON numbers and texts are JSON strings.
    ///
    /// - Returns: the value.
    /// - Throws: ``ConfigurationError`` that says which values are valid.
    func value(of json: JSONValue, named name: String) throws(ConfigurationError) -> SettingValue {
        switch (kind, json) {
        case (.text, .string(let text)), (.choice, .string(let text)): return try value(of: text, named: name)
        case (.number, .scalar(.number(let number))):
            guard let integer = number.integer else { throw invalid(number.text, name) }
            return try value(of: String(integer), named: name)
        default: throw invalid(json.kind, name)
        }
    }

    private func invalid(_ found: String, _ name: String) -> ConfigurationError {
        ConfigurationError("\(name) must be \(rule), not \(found)")
    }

    /// The valid values, for error messages.
    private var rule: String {
        switch kind {
        case .text: "a string"
        case .choice(let choices): "one of \(choices.joined(separator: ", "))"
        case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        }
    }
}
