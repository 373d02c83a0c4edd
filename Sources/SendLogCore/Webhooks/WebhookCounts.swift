/// The numbers of webhooks of all organisations, for metrics.
public struct WebhookCounts: Equatable, Sendable {
    /// The number of all webhooks.
    public let total: Int
    /// The number of active webhooks that are paused; see ``WebhookProgress/Pause``.
    public let paused: Int
    /// The number of active webhooks, without paused ones, that are delayed.
    ///
    /// A webhook is delayed if it has a send to deliver that was recorded more than ``maxDelay`` ago: a new one after
    /// its cursor, or one whose attempts have failed so far. Replays do not count.
    public let delayed: Int

    /// The time in milliseconds that a send may wait before its webhook is delayed.
    ///
    /// The time of recording is known to about a minute; see ``RecordingTime``.
    public static let maxDelay: Int64 = 300_000

    /// Creates counts.
    public init(total: Int, paused: Int, delayed: Int) {
        (self.total, self.paused, self.delayed) = (total, paused, delayed)
    }

    /// Returns the latest time of recording, in milliseconds since 1970, of the sends that are delayed at a time.
    public static func latestDelayed(at now: Timestamp) -> Int64 { now.milliseconds - maxDelay }
}
