import SendLogCore

/// Data that are derived from the logs and stored in tables of their own, such as ``Counters``.
///
/// They change in the transaction that records or deletes the logs, or follow the log, as ``RecipientIndexData`` does.
/// Copies and imports record logs, and so derive the data again.
protocol DerivedData: Sendable {
    /// The tables, whose keys begin with `org_id`.
    static var tables: [String] { get }

    /// The indexes of the tables, with their columns and conditions.
    static var indexes: [(String, String)] { get }

    /// Creates an empty set of changes.
    init()

    /// Collects the change that the deletion of a log makes.
    ///
    /// `record_sends` writes the changes of recorded logs, in the same round trip; see ``Schema``.
    mutating func add(_ change: LogChange<String>)

    /// Writes the collected changes, in the transaction that deletes the logs and holds the lock of the head.
    func write(of organisation: OrganisationID, on connection: Connection) throws

    /// Compares the stored data of an organisation with its logs.
    ///
    /// - Returns: the differences, as texts for the operator, at most ``CheckFinding/maxOfKind`` of a kind.
    /// - Throws: ``PostgresFailure``.
    static func findings(of organisation: Int64, on connection: Connection) throws -> [String]
}
