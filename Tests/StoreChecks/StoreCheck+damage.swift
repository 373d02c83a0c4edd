public import SendLogCore
import Testing

extension StoreCheck {
    /// A webhook that cannot be understood keeps no other of its organisation from being told.
    ///
    /// - Parameters:
    ///   - store: a store that is new and empty
    ///   - damage: spoils the definition of the webhook `broken` behind the store's back
    /// - Throws: what the store or the damage throws, which no test expects.
    public static func skipsDamagedWebhook(in store: any Store, damage: () async throws -> Void) async throws {
        let acme = try await store.organisation("Acme")
        for name in ["broken", "sound"] { _ = try await WebhookUnderTest(name, in: acme, of: store) }
        _ = try await store.record(Sample.logs(1, "log"), in: acme)
        try await damage()
        #expect(try await store.leaseIDs(for: "one", at: 0, until: 10) == ["sound"])
    }
}
