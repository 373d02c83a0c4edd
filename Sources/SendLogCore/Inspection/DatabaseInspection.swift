/// A look at a database for operators, which creates, migrates and changes nothing; a server may be running.
///
/// Every method takes a few seconds at most, also in a large database. Nothing that it returns has a message, a
/// destination or a secret.
public protocol DatabaseInspection {
    /// Whether the tables are those of an earlier version, which the next program that opens the database migrates; then
    /// the other methods must not be called.
    var needsMigration: Bool { get }

    /// Returns the active webhooks that are paused, failing or delayed, by organisation and ID.
    ///
    /// - Parameters:
    ///   - now: the current time
    ///   - limit: the largest number of webhooks
    /// - Returns: the webhooks.
    /// - Throws: ``InspectionTimedOut``; ``StoreError``.
    func lateWebhooks(at now: Timestamp, limit: Int) throws -> [LateWebhook]

    /// Returns the keys that have every permission, never expire and are not revoked, by ID.
    ///
    /// - Throws: ``InspectionTimedOut``; ``StoreError``.
    func unlimitedKeys(limit: Int) throws -> [(id: APIKeyID, organisation: OrganisationID)]

    /// Counts the stored times of a kind after a given time.
    ///
    /// - Returns: the number, and the latest one in milliseconds since 1970, which may be out of the range of ``Timestamp``.
    /// - Throws: ``InspectionTimedOut``; ``StoreError``.
    func count(of kind: StoredTime, after time: Timestamp) throws -> (count: Int64, latest: Int64)

    /// Counts the sends of all organisations that start after a day.
    ///
    /// - Throws: ``InspectionTimedOut``; ``StoreError``.
    func sendCount(startingAfter day: Day) throws -> Int64

    /// Looks for missing tables and indexes, and for settings of a database server with which it can lose data.
    ///
    /// - Returns: the findings, as texts for the operator.
    /// - Throws: ``InspectionTimedOut``; ``StoreError``.
    func setUpFaults() throws -> [String]

    /// Looks for damage: in pages, in the rows of webhooks, and in the newest sends of the largest organisations.
    ///
    /// What takes too long is left out. ``Maintenance/check(progress:)`` checks everything.
    ///
    /// - Returns: the findings, as texts for the operator.
    /// - Throws: ``StoreError``.
    func damage() throws -> [String]

    /// Closes the database.
    func close()
}

/// The error of a look at a database that took too long.
public struct InspectionTimedOut: Error {
    /// Creates the error.
    public init() {}
}

/// The bounds of a look at a database.
public enum InspectionBounds {
    /// The time that each look may take, in seconds.
    public static let seconds = 5
    /// The number of organisations whose newest sends are checked, those with most sends first.
    public static let organisations = 50
    /// The number of the newest sends of each organisation that are checked.
    public static let sends = 20
    /// The number of webhooks whose rows are checked.
    public static let webhooks = 1000
}
