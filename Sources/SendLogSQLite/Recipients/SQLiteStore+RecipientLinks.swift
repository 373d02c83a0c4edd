public import SendLogCore
import SendLogScheduling

/// Stores, reads and deletes the links to recipients.
extension SQLiteStore: RecipientLinkStore {
    /// See ``RecipientLinkStore/addRecipientLink(_:limit:in:)``.
    public func addRecipientLink(
        _ link: RecipientLink,
        limit: Int,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecipientToken {
        try await write(for: organisation) { database in
            let token = try Self.add(link, in: organisation, on: database)
            // A link that lives longer adds none.
            if token != link.token { return token }
            // Expired links are among those that expire first.
            let excess = try Query(
                """
                DELETE FROM recipient_links WHERE rowid IN (SELECT rowid FROM recipient_links
                    INDEXED BY recipient_links_by_organisation WHERE organisation = ?
                    ORDER BY expires DESC, rowid DESC LIMIT -1 OFFSET ?)
                """,
                on: database
            )
            try excess.run(organisation.number, limit)
            return token
        }
    }

    private static func add(
        _ link: RecipientLink,
        in organisation: OrganisationID,
        on database: Connection
    ) throws -> RecipientToken {
        var query = try Query(
            """
            INSERT INTO recipient_links (organisation, token, recipient, expires) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (organisation, recipient) DO UPDATE SET
                token = CASE WHEN expires <= ?5 THEN excluded.token ELSE token END, expires = excluded.expires
            RETURNING token
            """,
            on: database
        )
        try query.bind(organisation.number, link.token.description, link.recipient)
        try query.bind(link.end.milliseconds, link.now.milliseconds)
        guard try query.step() else { throw StoreError.corrupted(detail: "a link to a recipient has no row") }
        let token = RecipientToken(query.text(0))
        // SQLite writes the row in the first step, and the statement ends with the second one.
        _ = try query.step()
        guard let token else { throw StoreError.corrupted(detail: "the token of a link to a recipient is invalid") }
        return token
    }

    /// See ``RecipientLinkStore/recipient(of:at:in:)``.
    public func recipient(
        of token: RecipientToken,
        at now: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> String {
        let recipient = try await pointReaders.pointRead { database -> String? in
            var query = try Query(
                "SELECT recipient FROM recipient_links WHERE organisation = ? AND token = ? AND expires > ?",
                on: database
            )
            try query.bind(organisation.number, token.description, now.milliseconds)
            return try query.step() ? query.text(0) : nil
        }
        guard let recipient else { throw .notFound }
        return recipient
    }

    /// See ``RecipientLinkStore/deleteRecipientLinks(expiredAt:)``.
    public func deleteRecipientLinks(expiredAt now: Timestamp) async throws(StoreError) -> Int {
        try await write(for: .server) { database in
            let query = try Query(
                """
                DELETE FROM recipient_links WHERE rowid IN (SELECT rowid FROM recipient_links
                    INDEXED BY recipient_links_by_end WHERE expires <= ? LIMIT 200)
                """,
                on: database
            )
            try query.run(now.milliseconds)
            return database.affectedRows
        }
    }
}
