/// A store that knows how much space its database takes.
public protocol DatabaseSizeReader: Sendable {
    /// Returns the size of the database.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func databaseSize() async throws(StoreError) -> DatabaseSize
}

/// The space that a database takes.
public struct DatabaseSize: Equatable, Sendable {
    /// The size of the database in bytes, without the WAL of a SQLite file; `nil` if the store does not know it.
    public let bytes: Int?
    /// The size of the WAL of a SQLite file in bytes; `nil` for another database.
    public let walBytes: Int?

    /// Creates a size.
    public init(bytes: Int?, walBytes: Int?) { (self.bytes, self.walBytes) = (bytes, walBytes) }
}
