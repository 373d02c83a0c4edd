import SendLogCore

/// Reads the head of an organisation for the other parts of the store.
extension LogHead {
    /// Reads the head of an organisation.
    ///
    /// - Throws: ``StoreError/notFound`` if the organisation does not exist; ``StoreError/corrupted(detail:)``.
    init(of organisation: OrganisationID, on database: Connection) throws {
        var query = try Query("SELECT sequence, deleted FROM organisations WHERE id = ?", on: database)
        try query.bind(organisation.number)
        guard try query.step() else { throw StoreError.notFound }
        self = try LogHead(storedSequence: query.integer(0), deleted: query.integer(1))
    }
}
