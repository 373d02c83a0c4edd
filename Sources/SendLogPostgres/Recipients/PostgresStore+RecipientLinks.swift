public import SendLogCore
import SendLogScheduling

/// Stores, reads and deletes the links to recipients.
extension PostgresStore: RecipientLinkStore {
    /// Adds the link and deletes excess ones in a transaction each, so that servers never wait for each other's rows.
    ///
    /// See ``RecipientLinkStore/addRecipientLink(_:limit:in:)``.
    public func addRecipientLink(
        _ link: RecipientLink,
        limit: Int,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecipientToken {
        try await performShort(for: organisation) { connection in
            var parameters = Parameters(organisation.number, link.token.description, link.recipient)
            parameters.add(link.end.milliseconds, link.now.milliseconds)
            let rows = try connection.rows(Self.addRecipientLinkSQL, parameters)
            guard rows.count > 0, let token = RecipientToken(rows.text(0, 0)) else {
                throw StoreError.corrupted(detail: "the token of a link to a recipient is invalid")
            }
            // A link that lives longer adds none.
            if token != link.token { return token }
            _ = try connection.rows(Self.excessRecipientLinksSQL, Parameters(organisation.number, limit))
            return token
        }
    }

    static let addRecipientLinkSQL = """
        INSERT INTO recipient_links AS l (org_id, token, recipient, expires) VALUES ($1, $2, $3, $4)
        ON CONFLICT (org_id, recipient) DO UPDATE SET
            token = CASE WHEN l.expires <= $5 THEN excluded.token ELSE l.token END, expires = excluded.expires
        RETURNING l.token
        """

    /// Deletes the links that expire first, expired ones among them.
    static let excessRecipientLinksSQL = """
        DELETE FROM recipient_links WHERE org_id = $1 AND token = ANY(ARRAY(
            SELECT token FROM recipient_links WHERE org_id = $1 ORDER BY expires DESC, token DESC OFFSET $2
        ))
        """

    /// See ``RecipientLinkStore/recipient(of:at:in:)``.
    public func recipient(
        of token: RecipientToken,
        at now: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> String {
        let rows = try await performShort(for: organisation) { connection in
            let parameters = Parameters(organisation.number, token.description, now.milliseconds)
            return try connection.rows(Self.recipientOfLinkSQL, parameters)
        }
        guard rows.count > 0 else { throw .notFound }
        return rows.text(0, 0)
    }

    /// `expires + 0` keeps the planner from the index by expiry.
    static let recipientOfLinkSQL = """
        SELECT recipient FROM recipient_links WHERE org_id = $1 AND token = $2 AND expires + 0 > $3
        """

    /// Finds expired links of all organisations, then deletes them by organisation, each on one Citus node.
    ///
    /// See ``RecipientLinkStore/deleteRecipientLinks(expiredAt:)``.
    public func deleteRecipientLinks(expiredAt now: Timestamp) async throws(StoreError) -> Int {
        let expired = try await fanOut(.long) { connection, scope in
            var parameters = Parameters(now.milliseconds)
            scope.add(to: &parameters)
            return try connection.rows(Self.expiredRecipientLinksSQL(scope), parameters)
        }
        return try await sum(over: expired.textsByOrganisation, after: expired.failure) {
            (organisation, tokens) throws(StoreError) in
            try await performShort(for: organisation) { connection in
                try connection.rows(
                    "DELETE FROM recipient_links WHERE org_id = $1 AND token = ANY($2) AND expires <= $3",
                    Parameters(organisation.number, tokens, now.milliseconds)
                )
                .affectedRows
            }
        }
    }

    static func expiredRecipientLinksSQL(_ scope: OrganisationScope) -> String {
        """
        SELECT org_id, token FROM recipient_links WHERE expires <= $1 AND \(scope.condition("org_id", parameter: 2))
        ORDER BY expires LIMIT 200
        """
    }
}
