public import SendLogCore
import Testing

extension StoreCheck {
    /// Checks that a webhook whose definition is unreadable does not block the organisation's other webhooks.
    ///
    /// - Parameters:
    ///   - store: a store that is new and empty
    ///   - damage: overwrites the definition of the webhook `broken`, bypassing the store
    /// - Throws: any error of the store or of `damage`; no test expects one.
    public static func skipsDamagedWebhook(in store: any Store, damage: () async throws -> Void) async throws {
        let acme = try await store.organisation("Acme")
        for name in ["broken", "sound"] { _ = try await WebhookUnderTest(name, in: acme, of: store) }
        _ = try await store.record(Sample.logs(1, "log"), in: acme)
        try await damage()
        #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["sound"])
    }
}
