/// Why a store did not do what it was asked.
///
/// `detail` is for the log, never for the caller; it holds no numbers, keys, messages or SQL arguments.
public enum StoreError: Error, Equatable, Sendable {
    /// There is no such thing in this organisation.
    case notFound
    /// The name is taken by another organisation.
    case nameTaken
    /// The store cannot be had just now; a write did not happen, or is safe to repeat.
    case unavailable(Unavailability, detail: String)
    /// What is stored contradicts itself, or the store's own code is wrong.
    case damaged(detail: String)
}

/// Why a store cannot be had.
public enum Unavailability: String, Equatable, Sendable {
    /// More is asked than it keeps up with.
    case overloaded = "more is asked of the database than it keeps up with"
    /// Somebody else holds it.
    case locked = "the database is locked by another program"
    /// It is away, or the way to it is.
    case unreachable = "the database cannot be reached"
    /// There is no room to write.
    case full = "there is no room left to write"
    /// It may only be read.
    case readOnly = "the database can only be read"
    /// It is closed or shutting down.
    case closed = "the service is shutting down"
    /// The system failed to read or write.
    case inputOutput = "the database cannot be read or written"
}

/// Why a database is refused when it is opened, in words for the operator.
public struct StoreRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, and what to do.
    public let description: String
    /// Whether there is nothing there at all.
    public let isMissing: Bool

    /// Refuses a database.
    public init(_ description: String, isMissing: Bool = false) {
        self.description = description
        self.isMissing = isMissing
    }
}
