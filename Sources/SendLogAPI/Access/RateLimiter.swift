import SendLogCore
import Synchronization

/// How many requests an organisation may make within a stretch of time.
public struct RateLimit: Equatable, Sendable {
    /// How many requests.
    public let requests: Int
    /// Within how many seconds.
    public let window: Int

    /// Allows a number of requests within a window of seconds.
    public init(requests: Int, window: Int) {
        self.requests = requests
        self.window = window
    }
}

/// Counts requests by organisation in windows of fixed length.
final class RateLimiter: Sendable {
    private let limit: RateLimit
    private let counts = Mutex<(window: Int64, requests: [OrganisationID: Int])>((.min, [:]))

    init(_ limit: RateLimit) {
        self.limit = limit
    }

    /// Counts a request.
    ///
    /// - Throws: ``APIError`` where the organisation has none left until the window ends.
    func take(_ organisation: OrganisationID, at now: Timestamp) throws(APIError) {
        let seconds = now.milliseconds / 1000
        let window = seconds / Int64(limit.window)
        let count = counts.withLock { counts in
            if counts.window != window { counts = (window, [:]) }
            let count = counts.requests[organisation, default: 0] + 1
            counts.requests[organisation] = count
            return count
        }
        guard count > limit.requests else { return }
        let end = (window + 1) * Int64(limit.window)
        throw .rateLimited(retryAfter: Int(end - seconds), resetsAt: Int(end))
    }
}
