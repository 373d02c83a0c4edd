import SendLogCore
import Testing

@testable import SendLogWebhooks

/// Signatures compared with those that Standard Webhooks publishes.
struct WebhookSignatureTests {
    private static let now = Timestamp(rfc3339: "2022-01-26T08:00:00Z") ?? .earliest
    private static let published = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private static func header(_ secrets: [WebhookSecret]) -> String {
        WebhookSignature.header(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: 1_614_265_330,
            body: Array(#"{"test": 2432232314}"#.utf8),
            secrets: secrets,
            at: now
        )
    }

    @Test func `the published example has the published signature`() {
        let secret = WebhookSecret(text: Self.published, created: Self.now)
        #expect(Self.header([secret]) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `secrets sign until they expire, the newest first`() {
        let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
        let secrets = [
            WebhookSecret(text: other, created: Self.now),
            WebhookSecret(text: Self.published, created: Self.now, expires: Self.now.advanced(by: 1)),
            WebhookSecret(text: other, created: Self.now, expires: Self.now),
        ]
        let signatures = Self.header(secrets).split(separator: " ")
        #expect(signatures.count == 2)
        #expect(signatures.last == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        #expect(signatures.first?.hasPrefix("v1,") == true && signatures.first != signatures.last)
    }
}
