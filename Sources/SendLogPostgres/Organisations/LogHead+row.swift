import SendLogCore

/// Reads the head of an organisation for the other parts of the store.
extension LogHead {
    /// Reads the head of an organisation.
    ///
    /// - Parameters:
    ///   - organisation: the organisation
    ///   - connection: the connection
    ///   - isLocked: whether to lock the row until the transaction ends
    /// - Throws: ``PostgresFailure``; ``StoreError/notFound`` if the organisation does not exist;
    ///   ``StoreError/corrupted(detail:)``.
    init(of organisation: OrganisationID, on connection: Connection, isLocked: Bool = false) throws {
        let parameters = Parameters(organisation.number)
        let rows = try connection.rows(
            "SELECT sequence, deleted FROM organisation_heads WHERE org_id = $1 \(isLocked ? "FOR UPDATE" : "")",
            parameters
        )
        guard rows.count > 0 else { throw StoreError.notFound }
        self = try LogHead(storedSequence: rows.integer(0, 0), deleted: rows.integer(0, 1))
    }
}
