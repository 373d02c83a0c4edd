/// A store of organisations.
public protocol OrganisationStore: Sendable {
    /// Creates an organisation.
    ///
    /// - Throws: ``StoreError/nameTaken`` if another organisation has the name; ``StoreError/unavailable(_:detail:)``.
    func createOrganisation(named name: OrganisationName, at now: Timestamp) async throws(StoreError) -> Organisation

    /// Returns all organisations in the order of their creation.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func organisations() async throws(StoreError) -> [Organisation]

    /// Returns the organisation with a name.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func organisation(named name: OrganisationName) async throws(StoreError) -> Organisation

    /// Returns the organisation with an ID.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func organisation(_ id: OrganisationID) async throws(StoreError) -> Organisation

    /// Sets the calling code of an organisation's numbers; `nil` for none.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``.
    func setCallingCode(_ code: CallingCode?, of id: OrganisationID) async throws(StoreError)
}
