/// A store of organisations.
public protocol OrganisationStore: Sendable {
    /// Creates an organisation.
    ///
    /// - Throws: ``StoreError/nameTaken`` if another organisation has the name; ``StoreError/unavailable(_:detail:)``.
    func createOrganisation(named name: OrganisationName, at now: Timestamp) async throws(StoreError) -> Organisation

    /// Returns all organisations in the order of their creation.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``, also if only one organisation's node is unavailable.
    func organisations() async throws(StoreError) -> [Organisation]

    /// Returns the entries of all organisations in the directory, in the order of their creation.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func directory() async throws(StoreError) -> [DirectoryEntry]

    /// Returns the entry of the organisation with a name.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func organisation(named name: OrganisationName) async throws(StoreError) -> DirectoryEntry

    /// Returns the organisation with an ID.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func organisation(_ id: OrganisationID) async throws(StoreError) -> Organisation

    /// Sets the calling code of an organisation's numbers; `nil` for none.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func setCallingCode(_ code: CallingCode?, of id: OrganisationID) async throws(StoreError)
}
