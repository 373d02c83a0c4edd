public import SendLogCore
import SendLogScheduling

/// Reads failed deliveries, and counts them by the index of all that are not delivered.
extension SQLiteStore {
    /// The SQL condition for a failed delivery that is not a test.
    ///
    /// SQLite uses the partial index `webhook_deliveries_failed` only if the query repeats its condition.
    private static let isFailed = "state = 'failed' AND state <> 'delivered' AND test = 0"

    /// See ``WebhookLeaseStore/failedDeliveries(of:in:after:through:limit:)``.
    public func failedDeliveries(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        after: SequenceNumber,
        through: SequenceNumber,
        limit: Int
    ) async throws(StoreError) -> [Delivery] {
        try await readers.scan(for: organisation) { database in
            var query = try Query(
                dynamicSQL: """
                    SELECT \(WebhookRows.deliveryColumns) FROM webhook_deliveries INDEXED BY webhook_deliveries_failed
                    WHERE organisation = ? AND webhook = ? AND \(Self.isFailed) AND sequence > ? AND sequence <= ?
                    ORDER BY sequence LIMIT ?
                    """,
                on: database
            )
            try query.bind(organisation.number, webhook.text, after.number, through.number, limit)
            return try WebhookRows.deliveries(&query)
        }
    }

    /// See ``WebhookStore/failedDeliveryCount(of:in:after:through:)``.
    public func failedDeliveryCount(
        of webhook: WebhookID,
        in organisation: OrganisationID,
        after: SequenceNumber,
        through: SequenceNumber
    ) async throws(StoreError) -> Int {
        try await readers.scan(for: organisation) { database in
            var query = try Query(
                dynamicSQL: """
                    SELECT count(*) FROM webhook_deliveries INDEXED BY webhook_deliveries_failed
                    WHERE organisation = ? AND webhook = ? AND \(Self.isFailed) AND sequence > ? AND sequence <= ?
                    """,
                on: database
            )
            try query.bind(organisation.number, webhook.text, after.number, through.number)
            return try query.step() ? query.count(0) : 0
        }
    }

    /// See ``WebhookStore/failedDeliveryCounts(in:)``.
    public func failedDeliveryCounts(in organisation: OrganisationID) async throws(StoreError) -> [WebhookID: Int] {
        try await readers.scan(for: organisation) { database in
            let counts = try Self.failedCounts(in: organisation, on: database)
            return Dictionary(uniqueKeysWithValues: counts.map { ($0.key.id, $0.value) })
        }
    }

    /// Counts the failed deliveries of each webhook of an organisation, or of all if it is `nil`.
    static func failedCounts(
        in organisation: OrganisationID? = nil,
        on database: Connection
    ) throws -> [WebhookKey: Int] {
        var query = try Query(
            dynamicSQL: """
                SELECT organisation, webhook, count(*) FROM webhook_deliveries INDEXED BY webhook_deliveries_failed
                WHERE \(organisation == nil ? "TRUE" : "organisation = ?") AND \(isFailed) GROUP BY organisation, webhook
                """,
            on: database
        )
        if let organisation { try query.bind(organisation.number) }
        var counts: [WebhookKey: Int] = [:]
        while try query.step() {
            guard let id = WebhookID(query.text(1)) else { continue }
            counts[WebhookKey(organisation: OrganisationID(query.integer(0)), id: id)] = try query.count(2)
        }
        return counts
    }
}
