/// A refusal by a service; the API turns it into a status.
package enum ServiceError: Error, Equatable {
    /// There is no valid API key.
    case unauthorized
    /// The send log of a delivery was deleted, so the delivery cannot be attempted again.
    case sendLogDeleted
    /// A webhook can have no further replay now, for a reason that is a text for users.
    case replayRefused(String)
    /// The organisation sent too many requests in the current window.
    ///
    /// `retryAfter` is in seconds, `resetsAt` in Unix seconds.
    case rateLimited(retryAfter: Int, resetsAt: Int)
    /// The organisation has too many concurrent requests of a kind, such as `tests and redeliveries of webhooks`.
    case concurrencyLimitReached(kind: String, limit: Int)
    /// The server has too many concurrent requests of a kind, of all organisations together.
    case overloaded(kind: String, limit: Int)
}
