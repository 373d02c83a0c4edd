import SendLogCore

/// An invalid setting, described for the operator.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// Names the setting as it was written, and says which values are valid.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// Returns a hint at the nearest known name, which is appended to an error; empty if no known name is near.
    static func hint(_ name: String, among known: [String]) -> String {
        NearestName.to(name, among: known).map { "; did you mean \($0)?" } ?? ""
    }
}
