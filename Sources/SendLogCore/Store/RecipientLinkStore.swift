/// A store of the links to recipients.
///
/// The links are in the database, so that every server can open them.
public protocol RecipientLinkStore: Sendable {
    /// Stores a link, or extends the organisation's link to the same recipient.
    ///
    /// If the organisation then has more links than the limit, those that expire first are deleted.
    ///
    /// - Parameters:
    ///   - link: the link; its token is used if there is no link to the recipient, or only an expired one
    ///   - limit: the largest number of links of the organisation
    ///   - organisation: the organisation
    /// - Returns: the token of the stored link.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func addRecipientLink(
        _ link: RecipientLink,
        limit: Int,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecipientToken

    /// Returns the recipient of a link.
    ///
    /// - Throws: ``StoreError/notFound`` if the organisation has no such link, or if it has expired;
    ///   ``StoreError/unavailable(_:detail:)``.
    func recipient(
        of token: RecipientToken,
        at now: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> String

    /// Deletes expired links of all organisations.
    ///
    /// - Returns: the number of deleted links; a call deletes a limited number, so call again until it is 0.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func deleteRecipientLinks(expiredAt now: Timestamp) async throws(StoreError) -> Int
}

extension RecipientLinkStore {
    /// Stores a link; see ``addRecipientLink(_:limit:in:)``.
    public func addRecipientLink(
        _ link: RecipientLink,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecipientToken {
        try await addRecipientLink(link, limit: RecipientLink.maxPerOrganisation, in: organisation)
    }
}
