/// An error of a store operation.
///
/// `detail` is for the log, never for the caller. It holds no destinations, keys, messages or SQL arguments.
public enum StoreError: Error, Equatable, Sendable {
    /// The organisation has no such object.
    case notFound
    /// Another organisation has the name.
    case nameTaken
    /// The store is temporarily unavailable. A write did not happen, or its outcome is unknown: with an `_id` it can be repeated.
    case unavailable(Unavailability, detail: String)
    /// The stored data is inconsistent, or the store has a bug.
    case corrupted(detail: String)
}

/// The reason why a store is unavailable.
public enum Unavailability: String, Equatable, Sendable {
    /// The database is overloaded.
    case overloaded = "the database is overloaded"
    /// Another program has locked the database.
    case locked = "the database is locked by another program"
    /// The database is down, or the network does not reach it.
    case unreachable = "the database cannot be reached"
    /// There is no space left to write to.
    case full = "there is no space left on the disk"
    /// The database is read-only.
    case readOnly = "the database is read-only"
    /// The database's file was deleted, moved or replaced while it was open.
    case replaced = "the database file was replaced"
    /// The store is closed or shutting down.
    case closed = "the service is shutting down"
    /// The operating system failed to read or write.
    case inputOutput = "the database cannot be read or written"
    /// The folder for long lists cannot be used.
    case spoolFolder = "the server's spool folder, for long lists, cannot be read or written"
}
