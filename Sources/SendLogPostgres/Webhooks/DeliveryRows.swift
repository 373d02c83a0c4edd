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

    /// Writes deliveries of a webhook in one statement; replaces existing ones if `replaces` is true.
    ///
    /// The statement selects from the webhook's row, so that Citus runs all of it on the organisation's node, and
    /// nothing is written for a deleted webhook.
    ///
    /// - Throws: ``PostgresFailure``.
    static func write(_ deliveries: [Delivery], of webhook: WebhookID, _ rows: WebhookRows, replaces: Bool = true)
        throws
    {
        // One statement cannot write a row twice: for each id, the last delivery given is written.
        var last: [DeliveryID: Delivery] = [:]
        for delivery in deliveries { last[delivery.id] = delivery }
        if last.isEmpty { return }
        let unique = Array(last.values)
        var parameters = rows.parameters(webhook)
        parameters.add(bigints: unique.map(\.id.sequence.number))
        parameters.add(bigints: unique.map { $0.id.test ?? 0 })
        parameters.add(texts: unique.map(\.send.text))
        parameters.add(bigints: unique.map(\.created.milliseconds))
        parameters.add(texts: unique.map(\.state.rawValue))
        parameters.add(bigints: unique.map { $0.nextTry?.milliseconds ?? never })
        parameters.add(bigints: unique.map { Int64($0.tries) })
        parameters.add(texts: unique.map { text(of: $0.attempts) })
        _ = try rows.connection.rows(
            """
            INSERT INTO webhook_deliveries
                (org_id, webhook, seq, test, send, created, state, next_try, tries, attempts)
            SELECT w.org_id, w.id, d.seq, d.test, d.send, d.created, d.state, nullif(d.next_try, \(never)), d.tries, d.attempts
            FROM webhooks w
            CROSS JOIN unnest($3, $4, $5, $6, $7, $8, $9, $10)
                d (seq, test, send, created, state, next_try, tries, attempts)
            WHERE w.org_id = $1 AND w.id = $2
            ON CONFLICT (org_id, webhook, seq, test) DO \(replaces ? replacing : "NOTHING")
            """,
            parameters
        )
    }

    private static func text(of attempts: [DeliveryAttempt]) -> String {
        var bytes: [UInt8] = []
        DeliveryAttempt.write(attempts, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Throws: ``StoreError/corrupted(detail:)``.
    static func deliveries(_ rows: Rows) throws(StoreError) -> [Delivery] {
        var deliveries: [Delivery] = []
        for row in 0..<rows.count {
            guard let send = SendLogID(rows.text(row, 2)), let created = Timestamp(milliseconds: rows.integer(row, 3)),
                let state = Delivery.State(rawValue: rows.text(row, 4))
            else { throw .corrupted(detail: "invalid row of a delivery") }
            let test = rows.integer(row, 1)
            deliveries.append(
                Delivery(
                    id: DeliveryID(SequenceNumber(rows.integer(row, 0)), test: test == 0 ? nil : test),
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
