import SendLogCore
import Testing

@testable import SendLogServices

@Suite struct RateLimiterTests {
    private let one = OrganisationID(1)
    private let begin = ServiceUnderTest.moment("2026-01-31T12:00:10Z")

    @Test func `the error for a request over the limit has the end of the window`() throws {
        let limiter = RateLimiter(RateLimit(requests: 2, window: 60))
        try limiter.take(one, at: begin)
        try limiter.take(one, at: begin)
        let end = ServiceUnderTest.moment("2026-01-31T12:01:00Z")
        #expect(throws: ServiceError.rateLimited(retryAfter: 50, resetsAt: Int(end.milliseconds / 1000))) {
            try limiter.take(one, at: begin)
        }
        try limiter.take(one, at: end)
    }

    @Test func `each organisation has its own limit`() throws {
        let limiter = RateLimiter(RateLimit(requests: 1, window: 60))
        try limiter.take(one, at: begin)
        try limiter.take(OrganisationID(2), at: begin)
        #expect(throws: ServiceError.self) { try limiter.take(one, at: begin) }
    }
}
