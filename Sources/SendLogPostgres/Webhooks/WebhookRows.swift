import SendLogCore

/// Reads and writes the rows of an organisation's webhooks.
struct WebhookRows {
    let connection: Connection
    let organisation: OrganisationID

    static let columns = """
        org_id, id, definition, secrets, version, created, updated, told, failures, failing_since, held_until, paused, \
        pause_reason, gaps, slow, replays
        """

    /// Reads a webhook.
    ///
    /// - Throws: ``PostgresFailure``; ``StoreError/notFound``; ``StoreError/corrupted(detail:)``.
    func webhook(_ id: WebhookID) throws -> Webhook {
        let rows = try connection.rows(
            "SELECT \(Self.columns) FROM webhooks WHERE org_id = $1 AND id = $2",
            parameters(id)
        )
        guard let webhook = try Self.webhooks(rows).first else { throw StoreError.notFound }
        return webhook
    }

    /// Reads a webhook and its lease owner, and locks the row until the transaction ends.
    ///
    /// - Throws: ``PostgresFailure``; ``StoreError/notFound``; ``StoreError/corrupted(detail:)``.
    func locked(_ id: WebhookID) throws -> (webhook: Webhook, owner: String) {
        let rows = try connection.rows(
            "SELECT \(Self.columns), holder FROM webhooks WHERE org_id = $1 AND id = $2 FOR UPDATE",
            parameters(id)
        )
        guard let webhook = try Self.webhooks(rows).first else { throw StoreError.notFound }
        return (webhook, rows.text(0, 16))
    }

    /// Writes the definition, the secrets and the progress of a locked webhook after a change.
    func write(_ webhook: Webhook) throws {
        var parameters = parameters(webhook.id)
        parameters.add(progress: webhook.progress)
        parameters.add(webhook.definition.stored, WebhookSecret.stored(webhook.secrets), webhook.version)
        parameters.add(webhook.updated.milliseconds, webhook.definition.isActive)
        _ = try connection.rows(
            """
            UPDATE webhooks SET \(Self.progressAssignments), definition = $12, secrets = $13, version = $14, updated = $15,
                active = $16
            WHERE org_id = $1 AND id = $2
            """,
            parameters
        )
    }

    /// Writes a locked webhook's progress, its started attempts and the end of its lease; `nil` releases the lease.
    func write(_ progress: WebhookProgress, _ started: StartedAttempts, of id: WebhookID, until end: Timestamp?) throws
    {
        var parameters = parameters(id)
        parameters.add(progress: progress)
        parameters.add(started.stored, end?.milliseconds ?? 0)
        _ = try connection.rows(
            "UPDATE webhooks SET \(Self.progressAssignments), started = $12, taken_until = $13 WHERE org_id = $1 AND id = $2",
            parameters
        )
    }

    /// Writes the replays of a locked webhook.
    func write(_ replays: [ReplayRange], of id: WebhookID) throws {
        var parameters = parameters(id)
        parameters.add(ReplayRange.stored(replays))
        _ = try connection.rows("UPDATE webhooks SET replays = $3 WHERE org_id = $1 AND id = $2", parameters)
    }

    private static let progressAssignments = """
        told = $3, failures = $4, failing_since = $5, held_until = $6, paused = $7, pause_reason = $8, gaps = $9, \
        slow = $10, replays = $11
        """

    /// Returns the first parameters of every statement for a webhook: the organisation and the webhook's id.
    func parameters(_ id: WebhookID) -> Parameters {
        Parameters(organisation.number, id.text)
    }

    /// Reads the webhooks of a result.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    static func webhooks(_ rows: Rows) throws(StoreError) -> [Webhook] {
        var webhooks: [Webhook] = []
        for row in 0..<rows.count { webhooks.append(try webhook(rows, row)) }
        return webhooks
    }

    /// Reads the webhook of a row.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    static func webhook(_ rows: Rows, _ row: Int) throws(StoreError) -> Webhook {
        guard let id = WebhookID(rows.text(row, 1)), let created = Timestamp(milliseconds: rows.integer(row, 5)),
            let updated = Timestamp(milliseconds: rows.integer(row, 6))
        else { throw .corrupted(detail: "invalid row of a webhook") }
        return Webhook(
            id: id,
            organisation: OrganisationID(rows.integer(row, 0)),
            definition: try WebhookDefinition(stored: rows.text(row, 2)),
            secrets: try WebhookSecret.read(stored: rows.text(row, 3)),
            version: Int(rows.integer(row, 4)),
            created: created,
            updated: updated,
            progress: try progress(rows, row)
        )
    }

    /// Reads a webhook that was just leased from the webhook columns and `started`.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    static func leased(_ rows: Rows, _ row: Int, at now: Timestamp) throws(StoreError) -> LeasedWebhook {
        let webhook = try webhook(rows, row)
        let started = StartedAttempts(stored: rows.text(row, 16), after: webhook.progress.cursor, at: now)
        return LeasedWebhook(webhook: webhook, started: started)
    }

    /// - Throws: ``StoreError/corrupted(detail:)``.
    private static func progress(_ rows: Rows, _ row: Int) throws(StoreError) -> WebhookProgress {
        WebhookProgress(
            cursor: SequenceNumber(rows.integer(row, 7)),
            skippedRanges: try SkippedRange.read(stored: rows.text(row, 13)),
            failures: Int(rows.integer(row, 8)),
            failingSince: rows.timestamp(row, 9),
            heldUntil: rows.timestamp(row, 10),
            pause: rows.timestamp(row, 11).map { WebhookProgress.Pause(at: $0, reason: rows.text(row, 12)) },
            slowness: Int(rows.integer(row, 14)),
            replays: try ReplayRange.read(stored: rows.text(row, 15))
        )
    }
}

extension Parameters {
    /// Adds the columns from `told` (the cursor) to `replays`.
    fileprivate mutating func add(progress: WebhookProgress) {
        add(progress.cursor.number, progress.failures, progress.failingSince?.milliseconds)
        // PostgreSQL does not store U+0000 in text.
        let reason = progress.pause?.reason.replacing("\0", with: "\u{fffd}") ?? ""
        add(progress.heldUntil?.milliseconds, progress.pause?.at.milliseconds, reason)
        add(SkippedRange.stored(progress.skippedRanges), progress.slowness, ReplayRange.stored(progress.replays))
    }
}

extension Rows {
    /// Returns a timestamp from milliseconds since 1970; `nil` for NULL.
    func timestamp(_ row: Int, _ column: Int) -> Timestamp? {
        optionalInteger(row, column).flatMap { Timestamp(milliseconds: $0) }
    }
}
