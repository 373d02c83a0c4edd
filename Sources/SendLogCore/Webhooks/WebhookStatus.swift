/// How far a webhook is behind, and how many of its deliveries have failed.
public struct WebhookStatus: Equatable, Sendable {
    /// The number of send logs that the webhook has not processed yet.
    public let behind: Int
    /// The number of stored deliveries that have failed, without tests.
    public let failed: Int

    /// Creates a status.
    public init(behind: Int, failed: Int) { (self.behind, self.failed) = (behind, failed) }
}

/// The state of a webhook for metrics.
public struct WebhookGauges: Equatable, Sendable {
    /// The webhook.
    public let key: WebhookKey
    /// How far it is behind, in sequence numbers: deleted send logs count as well; and its failed deliveries.
    public let status: WebhookStatus
    /// The number of failed attempts since the last successful one.
    public let failures: Int
    /// Whether the webhook is paused.
    public let isPaused: Bool

    /// Creates gauges.
    public init(key: WebhookKey, status: WebhookStatus, failures: Int, isPaused: Bool) {
        (self.key, self.status, self.failures, self.isPaused) = (key, status, failures, isPaused)
    }

    /// Creates gauges from stored columns, and the newest sequence number of the organisation.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    public init(
        key: WebhookKey,
        isActive: Bool,
        progress: WebhookProgress,
        head: SequenceNumber,
        failed: Int
    ) throws(StoreError) {
        var behind = 0
        for range in progress.pendingRanges(to: head, isActive: isActive) {
            let count = range.lowerBound.distance(to: range.upperBound)
            try StoredNumber.add(try StoredNumber.count(count) + 1, to: &behind)
        }
        let status = WebhookStatus(behind: behind, failed: failed)
        self.init(key: key, status: status, failures: progress.failures, isPaused: progress.pause != nil)
    }
}
