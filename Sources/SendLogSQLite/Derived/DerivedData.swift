import SendLogCore

/// Data that are derived from the logs and stored in tables of their own, such as ``Counters``.
///
/// They change in the transaction that records or deletes the logs. Copies and imports record logs, and so derive the
/// data again.
protocol DerivedData: Sendable {
    /// Creates no changes.
    init()

    /// Collects the change that a log makes.
    mutating func add(_ change: LogChange<Int64>)

    /// Writes the collected changes, at the end of the transaction.
    func write(on database: Connection) throws

    /// Compares the stored data with the logs.
    ///
    /// - Returns: the differences, as texts for the operator, at most ``CheckFinding/maxOfKind`` of a kind.
    /// - Throws: the errors of the database.
    static func findings(on database: Connection) throws -> [String]
}
