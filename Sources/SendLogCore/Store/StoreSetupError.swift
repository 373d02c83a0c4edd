/// An error that prevents a database from being opened, created or copied, with a text for the operator.
public struct StoreSetupError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, and what to do.
    public let description: String
    /// Whether the database does not exist.
    public let isMissing: Bool

    /// Creates an error with a text for the operator.
    public init(_ description: String, isMissing: Bool = false) {
        self.description = description
        self.isMissing = isMissing
    }
}
