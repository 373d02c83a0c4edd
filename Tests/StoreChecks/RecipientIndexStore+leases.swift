package import SendLogCore
package import SendLogRecipients

extension RecipientIndexStore {
    /// Leases the index of an organisation that has send logs to add, in any pass.
    ///
    /// - Returns: the organisation and its index; `nil` if there is nothing to do.
    /// - Throws: ``StoreError``.
    package func leaseAdditions(
        _ lease: RecipientIndexLease,
        excluding excluded: Set<OrganisationID> = []
    ) async throws(StoreError) -> (organisation: OrganisationID, index: RecipientIndex)? {
        try await leaseRecipientIndex(for: .additions, lease, in: .latest, excluding: excluded)
    }
}
