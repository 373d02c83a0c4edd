/// An active webhook that makes no progress because its receiver keeps failing.
public struct InterruptedWebhook: Equatable, Sendable {
    /// The webhook.
    public let key: WebhookKey
    /// Why it makes no progress.
    public let state: State

    /// The state of an interrupted webhook.
    public enum State: Equatable, Sendable {
        /// It waits until someone resumes it.
        case paused(since: Timestamp?)
        /// It keeps failing, and its deliveries are retried later.
        case failing(since: Timestamp?)
    }

    /// The time for which a webhook must have been failing to be reported, in milliseconds: 15 minutes.
    ///
    /// Shorter failures are part of every restart of a receiver.
    public static let shortestFailure: Int64 = 15 * 60_000

    /// Creates an interrupted webhook from stored columns, or `nil` if the ID is damaged; times are in milliseconds since
    /// 1970.
    ///
    /// - Parameters:
    ///   - organisation: the organisation
    ///   - id: the webhook's ID
    ///   - paused: the time since which the webhook is paused; `nil` if it is not
    ///   - failingSince: the time since which all attempts fail
    public init?(organisation: Int64, id: String, paused: Int64?, failingSince: Int64?) {
        guard let id = WebhookID(id) else { return nil }
        key = WebhookKey(organisation: OrganisationID(organisation), id: id)
        state =
            paused.map { .paused(since: Timestamp(milliseconds: $0)) }
            ?? .failing(since: failingSince.flatMap { Timestamp(milliseconds: $0) })
    }
}
