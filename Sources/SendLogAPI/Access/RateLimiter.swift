import SendLogCore
import Synchronization

/// The maximum number of requests per organisation and window.
public struct RateLimit: Equatable, Sendable {
    /// The number of requests per window.
    public let requests: Int
    /// The length of the window in seconds.
    public let window: Int

    /// Creates a limit: a number of requests, and a window in seconds.
    public init(requests: Int, window: Int) {
        self.requests = requests
        self.window = window
    }
}

/// Limits the requests of each organisation in windows of fixed length.
final class RateLimiter: Sendable {
    private let limit: RateLimit
    private let counts = Mutex<(window: Int64, requests: [OrganisationID: Int])>((.min, [:]))

    init(_ limit: RateLimit) {
        self.limit = limit
    }

    /// Counts a request.
    ///
    /// - Throws: ``APIError`` if the organisation has reached the limit of the current window.
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
