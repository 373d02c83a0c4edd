import SendLogCore

/// Reads and writes the rows of deliveries.
enum DeliveryRows {
    static let columns = "seq, test, send, created, state, next_try, tries, attempts"

    private static let replacing = """
        UPDATE SET send = excluded.send, created = excluded.created, state = excluded.state, next_try = excluded.next_try, \
        tries = excluded.tries, attempts = excluded.attempts
        """

    /// The value for NULL in array parameters, which have no NULLs here.
    private static let never = Int64.max

    /// Applies updates to the stored deliveries of a locked webhook, and writes them.
    ///
    /// - Parameters:
    ///   - updates: the updates
    ///   - webhook: the webhook, whose row is locked
    ///   - rows: the rows of its organisation
    ///   - isOwner: see ``DeliveryUpdate/apply(_:to:isOwner:)``
    /// - Returns: the deliveries after the updates.
    /// - Throws: ``PostgresFailure``; ``StoreError/corrupted(detail:)``.
    @discardableResult
    static func apply(
        _ updates: [DeliveryUpdate],
        of webhook: WebhookID,
        _ rows: WebhookRows,
        isOwner: Bool = true
    ) throws -> [Delivery] {
        let ids = DeliveryUpdate.idsToRead(updates)
        let changed = DeliveryUpdate.apply(updates, to: try read(ids, of: webhook, rows), isOwner: isOwner)
        try write(changed, of: webhook, rows)
        return changed
    }

    private static func read(_ ids: Set<DeliveryID>, of webhook: WebhookID, _ rows: WebhookRows) throws -> [Delivery] {
        if ids.isEmpty { return [] }
        var parameters = rows.parameters(webhook)
        parameters.add(ids.map(\.sequence.number))
        let found = try rows.connection.rows(
            "SELECT \(columns) FROM webhook_deliveries WHERE org_id = $1 AND webhook = $2 AND seq = ANY($3)",
            parameters
        )
        return try deliveries(found).filter { ids.contains($0.id) }
    }

    /// Writes deliveries of a webhook, each once, in one statement, in place of the stored ones.
    ///
    /// The statement selects from the webhook's row, so that Citus runs all of it on the organisation's node, and
    /// nothing is written for a deleted webhook.
    ///
    /// - Throws: ``PostgresFailure``.
    private static func write(_ deliveries: [Delivery], of webhook: WebhookID, _ rows: WebhookRows) throws {
        if deliveries.isEmpty { return }
        var parameters = rows.parameters(webhook)
        parameters.add(deliveries.map(\.id.sequence.number), deliveries.map(\.id.storedTest))
        parameters.add(deliveries.map(\.send.text), deliveries.map(\.created.milliseconds))
        parameters.add(deliveries.map(\.state.rawValue), deliveries.map { $0.nextTry?.milliseconds ?? never })
        parameters.add(deliveries.map(\.tries), deliveries.map(\.attempts.json))
        _ = try rows.connection.rows(
            """
            INSERT INTO webhook_deliveries
                (org_id, webhook, seq, test, send, created, state, next_try, tries, attempts)
            SELECT w.org_id, w.id, d.seq, d.test, d.send, d.created, d.state, nullif(d.next_try, \(never)), d.tries, d.attempts
            FROM webhooks w
            CROSS JOIN unnest($3, $4, $5, $6, $7, $8, $9, $10)
                d (seq, test, send, created, state, next_try, tries, attempts)
            WHERE w.org_id = $1 AND w.id = $2
            ON CONFLICT (org_id, webhook, seq, test) DO \(replacing)
            """,
            parameters
        )
    }

    /// - Throws: ``StoreError/corrupted(detail:)``.
    static func deliveries(_ rows: Rows) throws(StoreError) -> [Delivery] {
        var deliveries: [Delivery] = []
        for row in 0..<rows.count {
            guard let send = SendLogID(rows.text(row, 2)), let created = Timestamp(milliseconds: rows.integer(row, 3)),
                let state = Delivery.State(rawValue: rows.text(row, 4))
            else { throw .corrupted(detail: "invalid row of a delivery") }
            deliveries.append(
                Delivery(
                    id: DeliveryID(storedSequence: rows.integer(row, 0), test: rows.integer(row, 1)),
                    send: send,
                    created: created,
                    state: state,
                    nextTry: rows.timestamp(row, 5),
                    tries: Int(rows.integer(row, 6)),
                    attempts: DeliveryAttempt.read(rows.rawBytes(row, 7).bindMemory(to: UInt8.self))
                )
            )
        }
        return deliveries
    }
}
