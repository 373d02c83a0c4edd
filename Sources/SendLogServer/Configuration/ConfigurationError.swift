import SendLogCore

/// An invalid setting, described for the operator.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// Names the setting as it was written, and says which values are valid.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// Returns the error for a flag, variable or key without a value.
    static func empty(_ name: String) -> ConfigurationError {
        ConfigurationError("\(name) is empty; give it a value, or leave it out")
    }

    /// Returns a hint at the nearest known name, which is appended to an error; empty if no known name is near.
    static func hint(_ name: String, among known: [String]) -> String {
        NearestName.to(name, among: known).map { "; did you mean \($0)?" } ?? ""
    }
}
