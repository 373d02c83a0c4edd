import SendLogCore
import Testing

@testable import SendLogWebhooks

/// Values of the `Retry-After` header.
struct RetryAfterTests {
    private static let now = Timestamp(rfc3339: "2026-10-21T07:00:00Z") ?? .earliest

    @Test(
        arguments: [
            ("0", 0), ("120", 120), ("99999999999999999999", Int.max), ("Wed, 21 Oct 2026 07:28:00 GMT", 1680),
            ("Thu, 01 Jan 2026 00:00:00 GMT", 0), ("Fri, 31 Dec 2027 23:59:59 GMT", 37_731_599),
        ]
    )
    func `seconds and dates are parsed, and a past date means 0 seconds`(text: String, seconds: Int) {
        #expect(RetryAfter.seconds(text, at: Self.now) == seconds)
    }

    @Test(
        arguments: [
            "", " ", "-1", "+1", "1.5", "soon", "Wed, 21 Oct 2026 07:28:00 CET", "Wed, 21 Okt 2026 07:28:00 GMT",
            "Wed, 99 Oct 2026 07:28:00 GMT", "2026-10-21T07:28:00Z",
        ]
    )
    func `other values are ignored`(text: String) {
        #expect(RetryAfter.seconds(text, at: Self.now) == nil)
    }
}
