/// An active webhook that does not deliver in time.
public struct LateWebhook: Equatable, Sendable {
    /// The webhook.
    public let key: WebhookKey
    /// Why its deliveries are late.
    public let state: State

    /// Why the deliveries of a webhook are late; the first case that applies.
    public enum State: Equatable, Sendable {
        /// It waits until someone resumes it.
        case paused(since: Timestamp?)
        /// It keeps failing, and its deliveries are retried later.
        case failing(since: Timestamp?)
        /// It is delayed; see ``WebhookCounts/delayed``.
        case delayed
    }

    /// The time for which a webhook must have been failing to be reported, in milliseconds: 15 minutes.
    ///
    /// Shorter failures are part of every restart of a receiver.
    public static let shortestFailure: Int64 = 15 * 60_000

    /// Creates a late webhook from stored columns, or `nil` if the ID is damaged; times are in milliseconds since
    /// 1970.
    ///
    /// - Parameters:
    ///   - organisation: the organisation
    ///   - id: the webhook's ID
    ///   - paused: the time since which the webhook is paused; `nil` if it is not
    ///   - failingSince: the time since which all attempts fail; `nil` if they do not, or not for long
    public init?(organisation: Int64, id: String, paused: Int64?, failingSince: Int64?) {
        guard let id = WebhookID(id) else { return nil }
        key = WebhookKey(organisation: OrganisationID(organisation), id: id)
        state =
            if let paused {
                .paused(since: Timestamp(milliseconds: paused))
            } else if let failingSince {
                .failing(since: Timestamp(milliseconds: failingSince))
            } else {
                .delayed
            }
    }
}
