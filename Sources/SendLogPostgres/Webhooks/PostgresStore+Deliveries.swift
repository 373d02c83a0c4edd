public import SendLogCore
import SendLogScheduling

/// Reads and updates the deliveries of webhooks, and deletes old ones.
extension PostgresStore {
    /// See ``WebhookStore/deliveries(of:in:state:before:limit:)``.
    public func deliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        state: Delivery.State?,
        before: DeliveryID?,
        limit: Int
    ) async throws(StoreError) -> [Delivery] {
        try await performShort(for: organisation) { connection in
            var parameters = WebhookRows(connection: connection, organisation: organisation).parameters(webhook)
            parameters.add((before ?? .last).sequence.number, (before ?? .last).storedTest, limit)
            return try DeliveryRows.deliveries(try connection.rows(Self.deliveriesSQL(state), parameters))
        }
    }

    /// Returns the SQL with the state as a literal, so that the planner can use the partial index by state.
    static func deliveriesSQL(_ state: Delivery.State?) -> String {
        """
        SELECT \(DeliveryRows.columns) FROM webhook_deliveries
        WHERE org_id = $1 AND webhook = $2 AND (seq, test) < ($3, $4)
            \(state.map { "AND state = '\($0.rawValue)'" } ?? "")
        ORDER BY seq DESC, test DESC LIMIT $5
        """
    }

    /// See ``WebhookStore/delivery(_:of:in:)``.
    public func delivery(
        _ id: DeliveryID,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Delivery {
        try await performShort(for: organisation) { connection in
            var parameters = WebhookRows(connection: connection, organisation: organisation).parameters(webhook)
            parameters.add(id.sequence.number, id.storedTest)
            let rows = try connection.rows(
                """
                SELECT \(DeliveryRows.columns) FROM webhook_deliveries
                WHERE org_id = $1 AND webhook = $2 AND seq = $3 AND test = $4
                """,
                parameters
            )
            guard let delivery = try DeliveryRows.deliveries(rows).first else { throw StoreError.notFound }
            return delivery
        }
    }

    /// See ``WebhookStore/updateDelivery(_:of:in:)``.
    public func updateDelivery(
        _ update: DeliveryUpdate,
        of webhook: WebhookID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Delivery {
        try await performShort(for: organisation) { connection in
            let rows = WebhookRows(connection: connection, organisation: organisation)
            return try connection.transaction {
                // The lock keeps the webhook from being deleted, and the delivery from being changed meanwhile.
                do { _ = try rows.locked(webhook) } catch let error as StoreError where error == .notFound {
                    return update.result
                }
                return try DeliveryRows.apply([update], of: webhook, rows).first ?? update.result
            }
        }
    }

    /// Finds old deliveries of all organisations, then deletes them webhook by webhook, each on one Citus node.
    ///
    /// See ``WebhookLeaseStore/deleteDeliveries(before:)``.
    public func deleteDeliveries(before timestamp: Timestamp) async throws(StoreError) -> Int {
        let old = try await fanOut(.long) { connection, scope in
            var parameters = Parameters(timestamp.milliseconds)
            scope.add(to: &parameters)
            return try connection.rows(Self.oldDeliveriesSQL(scope), parameters)
        }
        var found: [Int64: [String: Set<Int64>]] = [:]
        for rows in old.values {
            for row in 0..<rows.count {
                found[rows.integer(row, 0), default: [:]][rows.text(row, 1), default: []].insert(rows.integer(row, 2))
            }
        }
        return try await sum(over: found, after: old.failure) { (organisation, webhooks) throws(StoreError) in
            try await performShort(for: organisation) { connection in
                try webhooks.reduce(0) { count, webhook in
                    var parameters = Parameters(organisation.number, webhook.key, Array(webhook.value))
                    parameters.add(timestamp.milliseconds)
                    return count + (try connection.rows(Self.deleteDeliveriesSQL, parameters).affectedRows)
                }
            }
        }
    }

    private static let deleteDeliveriesSQL = """
        DELETE FROM webhook_deliveries
        WHERE org_id = $1 AND webhook = $2 AND seq = ANY($3) AND created < $4 AND next_try IS NULL
        """

    static func oldDeliveriesSQL(_ scope: OrganisationScope) -> String {
        """
        SELECT org_id, webhook, seq FROM webhook_deliveries
        WHERE created < $1 AND next_try IS NULL AND \(scope.condition("org_id", parameter: 2)) ORDER BY created LIMIT 1000
        """
    }
}
