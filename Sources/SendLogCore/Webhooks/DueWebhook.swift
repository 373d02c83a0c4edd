/// A webhook that is active and not paused, and the time from which it can be leased.
public struct DueWebhook: Hashable, Sendable {
    /// The webhook.
    public let webhook: PendingWebhook
    /// The time from which a worker can lease it and has something to deliver; `nil` if there is nothing to deliver.
    public let due: Timestamp?

    /// Creates a webhook with the time from which it can be leased.
    public init(_ webhook: PendingWebhook, due: Timestamp?) {
        (self.webhook, self.due) = (webhook, due)
    }

    /// Creates a webhook from stored numbers, all in milliseconds since 1970.
    ///
    /// - Parameters:
    ///   - webhook: the webhook
    ///   - hasBacklog: whether there are send logs after its cursor, or replays
    ///   - nextTry: the time of the next retry; `nil` if there is none
    ///   - heldUntil: the end of the hold; `nil` if there is none
    ///   - leasedUntil: the end of its last lease; 0 if the lease was released
    ///   - lease: the lease that a worker requests: times beyond its latest ones were set by a wrong clock, and are
    ///     ignored
    public init(
        _ webhook: PendingWebhook,
        hasBacklog: Bool,
        nextTry: Int64?,
        heldUntil: Int64?,
        leasedUntil: Int64,
        for lease: WebhookLease
    ) {
        let start = lease.start.milliseconds
        guard let work = hasBacklog ? start : nextTry else {
            self.init(webhook, due: nil)
            return
        }
        let hold = heldUntil.flatMap { $0 <= lease.latestHold ? $0 : nil } ?? start
        let otherLease = leasedUntil <= lease.latestEnd ? leasedUntil : start
        self.init(webhook, due: Timestamp(milliseconds: max(start, work, hold, otherLease)))
    }
}
