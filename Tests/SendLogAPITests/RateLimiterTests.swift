import SendLogCore
import Testing

@testable import SendLogAPI

@Suite struct RateLimiterTests {
    private let one = OrganisationID(1)
    private let begin = ServiceUnderTest.moment("2026-01-31T12:00:10Z")

    @Test func `a request beyond the limit gets the end of the window`() throws {
        let limiter = RateLimiter(RateLimit(requests: 2, window: 60))
        try limiter.take(one, at: begin)
        try limiter.take(one, at: begin)
        let end = ServiceUnderTest.moment("2026-01-31T12:01:00Z")
        #expect(throws: APIError.rateLimited(retryAfter: 50, resetsAt: Int(end.milliseconds / 1000))) {
            try limiter.take(one, at: begin)
        }
        try limiter.take(one, at: end)
    }

    @Test func `organisations do not take from each other`() throws {
        let limiter = RateLimiter(RateLimit(requests: 1, window: 60))
        try limiter.take(one, at: begin)
        try limiter.take(OrganisationID(2), at: begin)
        #expect(throws: APIError.self) { try limiter.take(one, at: begin) }
    }
}
