public import SendLogCore

extension PostgresStore {
    /// Looks over all organisations first, and then takes an organisation's at a time, which is what Citus can lock.
    ///
    /// See ``WebhookStore/takeWebhooks(for:at:until:most:)``.
    public func takeWebhooks(
        for holder: String,
        at now: Timestamp,
        until end: Timestamp,
        most: Int
    ) async throws(StoreError) -> [Webhook] {
        if most <= 0 { return [] }
        let waiting = try await shortly { connection in
            try Self.waiting(Self.behindSQL, at: now, most: most, connection)
                + Self.waiting(Self.dueSQL, at: now, most: most, connection)
        }
        var (wanted, order): ([OrganisationID: Set<String>], [OrganisationID]) = ([:], [])
        var count = 0
        // Those that were taken longest ago come first.
        for found in waiting.sorted(by: { $0.since < $1.since }) where count < most {
            if wanted[found.organisation] == nil { order.append(found.organisation) }
            if wanted[found.organisation, default: []].insert(found.id).inserted { count += 1 }
        }
        var (taken, failure): ([Webhook], StoreError?) = ([], nil)
        for organisation in order {
            let ids = wanted[organisation, default: []].sorted()
            do throws(StoreError) {
                taken += try await take(ids, of: organisation, for: holder, at: now, until: end)
            } catch {
                // What was taken is worked for, although the node of another organisation may be away.
                failure = error
            }
        }
        if taken.isEmpty, let failure { throw failure }
        return taken
    }

    /// A webhook that had something to tell when it was looked for.
    private struct Waiting {
        let organisation: OrganisationID
        let id: String
        /// When it was taken last.
        let since: Int64
    }

    private static func waiting(
        _ sql: String,
        at now: Timestamp,
        most: Int,
        _ connection: Connection
    ) throws -> [Waiting] {
        var parameters = Parameters()
        parameters.add(now.milliseconds)
        parameters.add(most)
        let rows = try connection.rows(sql, parameters)
        return (0..<rows.count).map { row in
            Waiting(
                organisation: OrganisationID(rows.integer(row, 0)),
                id: rows.text(row, 1),
                since: rows.integer(row, 2)
            )
        }
    }

    private static func isFree(at now: String) -> String {
        """
        w.active AND w.paused IS NULL AND w.taken_until <= \(now) AND (w.held_until IS NULL OR w.held_until <= \(now))
        """
    }

    /// Webhooks with logs behind the one that they told last.
    static let behindSQL = """
        SELECT w.org_id, w.id, w.taken_at FROM webhooks w JOIN organisation_heads h ON h.org_id = w.org_id
        WHERE \(isFree(at: "$1")) AND w.told < h.sequence
        ORDER BY w.taken_at, w.org_id, w.id LIMIT $2
        """

    /// Webhooks with deliveries that are to be tried again.
    static let dueSQL = """
        SELECT w.org_id, w.id, w.taken_at FROM webhooks w
        WHERE \(isFree(at: "$1")) AND EXISTS (
            SELECT FROM webhook_deliveries d WHERE d.org_id = w.org_id AND d.webhook = w.id AND d.next_try <= $1
        )
        ORDER BY w.taken_at, w.org_id, w.id LIMIT $2
        """

    /// Takes what nobody else has taken meanwhile, or is just taking.
    private func take(
        _ ids: [String],
        of organisation: OrganisationID,
        for holder: String,
        at now: Timestamp,
        until end: Timestamp
    ) async throws(StoreError) -> [Webhook] {
        try await shortly { connection in
            var parameters = Parameters()
            parameters.add(organisation.number)
            parameters.add(texts: ids)
            parameters.add(holder)
            parameters.add(now.milliseconds)
            parameters.add(end.milliseconds)
            // Taken already, where the connection broke before it could tell.
            let own = connection.isRepeating ? "OR w.holder = $3 AND w.taken_at = $4 AND w.taken_until = $5" : ""
            let rows = try connection.rows(
                """
                UPDATE webhooks SET holder = $3, taken_at = $4, taken_until = $5
                WHERE org_id = $1 AND id = ANY(ARRAY(
                    SELECT w.id FROM webhooks w
                    WHERE w.org_id = $1 AND w.id = ANY($2) AND (\(Self.isFree(at: "$4")) \(own)) FOR UPDATE SKIP LOCKED
                ))
                RETURNING \(WebhookRows.columns)
                """,
                parameters
            )
            // One that cannot be understood stops nobody else's.
            return (0..<rows.count).compactMap { try? WebhookRows.webhook(rows, $0) }
        }
    }

    /// See ``WebhookStore/dueDeliveries(of:in:at:most:)``.
    public func dueDeliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        at now: Timestamp,
        most: Int
    ) async throws(StoreError) -> [Delivery] {
        try await shortly { connection in
            var parameters = WebhookRows(connection: connection, organisation: organisation).parameters(webhook)
            parameters.add(now.milliseconds)
            parameters.add(most)
            return try DeliveryRows.deliveries(try connection.rows(Self.dueDeliveriesSQL, parameters))
        }
    }

    /// Those that are due are found by their index, whose order is not that of recording, and rows are read of the first alone.
    static let dueDeliveriesSQL = """
        WITH due AS MATERIALIZED (
            SELECT seq, test FROM webhook_deliveries WHERE org_id = $1 AND webhook = $2 AND next_try <= $3
        )
        SELECT d.* FROM (SELECT seq, test FROM due ORDER BY seq, test LIMIT $4) n
        CROSS JOIN LATERAL (
            SELECT \(DeliveryRows.columns) FROM webhook_deliveries d
            WHERE d.org_id = $1 AND d.webhook = $2 AND d.seq = n.seq AND d.test = n.test LIMIT 1
        ) d
        ORDER BY n.seq, n.test
        """

    /// See ``WebhookStore/save(_:of:in:)``.
    public func save(
        _ report: WebhookReport,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Webhook? {
        try await shortly { connection in
            let rows = WebhookRows(connection: connection, organisation: organisation)
            return try connection.transaction {
                let locked: (webhook: Webhook, holder: String)
                do { locked = try rows.locked(webhook) } catch let error as StoreError where error == .notFound {
                    return nil
                }
                // Whoever has lost it adds what the other does not know of.
                let isHeld = locked.holder == report.holder
                try DeliveryRows.write(report.deliveries, of: webhook, rows, replaces: isHeld)
                var present = locked.webhook
                guard isHeld else { return nil }
                present.take(report)
                // One that is not active any more is given back.
                let isActive = present.definition.isActive
                try rows.write(present.progress, of: webhook, until: isActive ? report.end : nil)
                return isActive ? present : nil
            }
        }
    }
}
