import SendLogCore

/// A setting that cannot be used, in words for whoever set it.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// Names the setting as it was written, and says what it must be.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// What is added to an error about a name that is nearly right.
    static func hint(_ name: String, among known: [String]) -> String {
        NearestName.to(name, among: known).map { "; did you mean \($0)?" } ?? ""
    }
}
