public import SendLogCore
import SendLogScheduling

/// Reads failed deliveries, and counts them by the index of all that are not delivered.
extension PostgresStore {
    /// The SQL condition for a failed delivery that is not a test.
    private static let isFailed = "state = 'failed' AND test = 0"

    /// See ``WebhookLeaseStore/failedDeliveries(of:in:after:through:limit:)``.
    public func failedDeliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        after: SequenceNumber,
        through: SequenceNumber,
        limit: Int
    ) async throws(StoreError) -> [Delivery] {
        try await performShort(for: organisation) { connection in
            var parameters = WebhookRows(connection: connection, organisation: organisation).parameters(webhook)
            parameters.add(after.number, through.number, limit)
            return try DeliveryRows.deliveries(try connection.rows(Self.failedDeliveriesSQL, parameters))
        }
    }

    static let failedDeliveriesSQL = """
        SELECT \(DeliveryRows.columns) FROM webhook_deliveries
        WHERE org_id = $1 AND webhook = $2 AND \(isFailed) AND seq > $3 AND seq <= $4 ORDER BY seq LIMIT $5
        """

    /// See ``WebhookStore/failedDeliveryCount(of:in:after:through:)``.
    public func failedDeliveryCount(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        after: SequenceNumber,
        through: SequenceNumber
    ) async throws(StoreError) -> Int {
        try await performLong(for: organisation) { connection in
            var parameters = WebhookRows(connection: connection, organisation: organisation).parameters(webhook)
            parameters.add(after.number, through.number)
            return try connection.rows(Self.failedCountSQL, parameters).count(0, 0)
        }
    }

    static let failedCountSQL = """
        SELECT count(*) FROM webhook_deliveries
        WHERE org_id = $1 AND webhook = $2 AND \(isFailed) AND seq > $3 AND seq <= $4
        """

    /// See ``WebhookStore/failedDeliveryCounts(in:)``.
    public func failedDeliveryCounts(in organisation: OrganisationID) async throws(StoreError) -> [WebhookID: Int] {
        try await performLong(for: organisation) { connection in
            let counts = try Self.failedCounts(of: .some([organisation.number]), on: connection)
            return Dictionary(uniqueKeysWithValues: counts.map { ($0.key.id, $0.value) })
        }
    }

    /// Counts the failed deliveries of each webhook of some organisations.
    static func failedCounts(of scope: OrganisationScope, on connection: Connection) throws -> [WebhookKey: Int] {
        var parameters = Parameters()
        scope.add(to: &parameters)
        let rows = try connection.rows(
            """
            SELECT org_id, webhook, count(*) FROM webhook_deliveries
            WHERE \(scope.condition("org_id", parameter: 1)) AND \(isFailed) GROUP BY org_id, webhook
            """,
            parameters
        )
        var counts: [WebhookKey: Int] = [:]
        for row in 0..<rows.count {
            guard let id = WebhookID(rows.text(row, 1)) else { continue }
            counts[WebhookKey(organisation: OrganisationID(rows.integer(row, 0)), id: id)] = try rows.count(row, 2)
        }
        return counts
    }
}
