package import SendLogCore
import Synchronization

/// Limits the requests of each organisation in windows of fixed length.
package final class RateLimiter: Sendable {
    private let limit: RateLimit
    private let counts = Mutex<(window: Int64, requests: [OrganisationID: Int])>((.min, [:]))

    package init(_ limit: RateLimit) {
        self.limit = limit
    }

    /// Counts a request.
    ///
    /// - Throws: ``ServiceError/rateLimited(retryAfter:resetsAt:)``.
    package func take(_ organisation: OrganisationID, at now: Timestamp) throws(ServiceError) {
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
