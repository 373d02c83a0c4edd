import SendLogCore
import Testing

/// The state of a webhook, which the API and the console show.
struct WebhookStateTests {
    private static func webhook(isActive: Bool, failures: Int, isPaused: Bool) throws -> Webhook {
        let now = try #require(Timestamp(rfc3339: "2026-01-31T12:00:00Z"))
        return Webhook(
            id: try #require(WebhookID("65f1c0a2e4b0a1b2c3d4e5f6")),
            organisation: OrganisationID(1),
            definition: try definition(isActive: isActive),
            secrets: [],
            version: 1,
            created: now,
            updated: now,
            progress: WebhookProgress(
                cursor: SequenceNumber(0),
                failures: failures,
                failingSince: failures > 0 ? now : nil,
                pause: isPaused ? WebhookProgress.Pause(at: now, reason: "the receiver responded with 410 Gone") : nil
            )
        )
    }

    private static func definition(isActive: Bool) throws -> WebhookDefinition {
        let text = #"{"url":"https://receiver.example","active":\#(isActive)}"#
        return try Array(text.utf8).withUnsafeBufferPointer { try WebhookInput(JSONValue(utf8: $0)) }.definition
    }

    @Test(
        arguments: [
            (true, 0, false, "active"), (true, 3, false, "failing"), (true, 3, true, "paused"),
            (true, 0, true, "paused"), (false, 0, false, "inactive"), (false, 3, false, "inactive"),
            (false, 3, true, "inactive"),
        ]
    )
    func `a deactivated webhook is inactive, and a paused one is not failing`(
        isActive: Bool,
        failures: Int,
        isPaused: Bool,
        state: String
    ) throws {
        let webhook = try Self.webhook(isActive: isActive, failures: failures, isPaused: isPaused)
        #expect(webhook.state.rawValue == state)
        var json: [UInt8] = []
        webhook.write(WebhookStatus(behind: 0, failed: 0), to: &json)
        #expect(String(decoding: json, as: UTF8.self).contains(#""active":\#(isActive),"state":"\#(state)","paused":"#))
    }

    @Test func `each state has the name that clients read`() {
        #expect(Webhook.State.allCases.map(\.rawValue) == ["active", "inactive", "paused", "failing"])
    }
}
