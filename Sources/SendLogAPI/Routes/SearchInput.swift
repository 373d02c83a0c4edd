package import SendLogCore
package import SendLogRecipients

/// Reads the bodies of searches, and finds the send logs of their recipients.
package struct SearchInput: Sendable {
    private let store: any OrganisationStore & RecipientIndexStore
    /// Whether there is a recipient index.
    private let hasIndex: Bool

    /// Creates a reader of searches; without a recipient index it refuses searches by recipient.
    package init(store: any OrganisationStore & RecipientIndexStore, hasIndex: Bool) {
        (self.store, self.hasIndex) = (store, hasIndex)
    }

    /// Parses the body of a search, and limits the search to the send logs of its recipients.
    ///
    /// - Throws: ``InvalidInput``; ``APIError`` or ``RecipientIndexBehind`` if recipients cannot be found now;
    ///   ``StoreError``.
    package func search(_ body: JSONValue, in organisation: OrganisationID) async throws -> SendLogSearch {
        var search = try SendLogSearch(body: body)
        guard search.recipients != nil else { return search }
        if let callingCode = try await store.organisation(organisation).callingCode {
            search = try SendLogSearch(body: body, callingCode: callingCode)
        }
        try await find(&search, in: organisation)
        return search
    }

    /// Sets the send logs of a search's recipients, and the snapshot in which they were found.
    ///
    /// - Returns: the sequence numbers of the send logs whose recipients all match doubtfully.
    /// - Throws: ``APIError`` or ``RecipientIndexBehind`` if they cannot be found now; ``StoreError``.
    @discardableResult
    package func find(_ search: inout SendLogSearch, in organisation: OrganisationID) async throws -> [Int64] {
        guard let recipients = search.recipients else { return [] }
        guard !recipients.isEmpty else {
            search.found = []
            return []
        }
        guard hasIndex else { throw APIError.noRecipientIndex }
        let found = try await RecipientLookup(recipients, in: store).run(asOf: search.asOf, in: organisation)
        (search.found, search.asOf) = (found.sequences, found.asOf)
        return found.doubtful
    }
}
