import Logging
import SendLogCore
import Synchronization
import TestSupport
import Testing

@testable import SendLogServer

/// The deletion of what has expired.
@Suite struct HousekeepingTests {
    @Test(arguments: [false, true], [false, true])
    func `a failure to delete links leaves the idempotency keys to delete, and the other way round`(
        linksFail: Bool,
        keysFail: Bool
    ) async throws {
        let store = ExpiringStore(linksFail: linksFail, keysFail: keysFail)
        let now = try #require(Timestamp(rfc3339: "2026-03-02T00:00:00Z"))
        await Housekeeping.deleteExpired(in: store, at: now, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let left = store.left.withLock { $0 }
        #expect(left.links == (linksFail ? 3 : 0) && left.keys == (keysFail ? 3 : 0))
    }
}

/// A store with three expired links and keys, of which each call deletes one, or fails.
private final class ExpiringStore: IdempotencyStore, RecipientLinkStore {
    let left = Mutex((links: 3, keys: 3))
    private let linksFail: Bool
    private let keysFail: Bool
    private let failure = StoreError.unavailable(.inputOutput, detail: "test")

    init(linksFail: Bool, keysFail: Bool) { (self.linksFail, self.keysFail) = (linksFail, keysFail) }

    func deleteRecipientLinks(expiredAt now: Timestamp) async throws(StoreError) -> Int {
        if linksFail { throw failure }
        return left.withLock { left in
            defer { left.links = max(0, left.links - 1) }
            return min(1, left.links)
        }
    }

    func deleteIdempotencyKeys(before timestamp: Timestamp) async throws(StoreError) -> Int {
        if keysFail { throw failure }
        return left.withLock { left in
            defer { left.keys = max(0, left.keys - 1) }
            return min(1, left.keys)
        }
    }

    // Housekeeping does not call the other methods.

    func addRecipientLink(
        _ link: RecipientLink,
        limit: Int,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecipientToken { throw failure }

    func recipient(
        of token: RecipientToken,
        at now: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> String { throw failure }

    func beginRequest(
        _ attempt: IdempotencyAttempt,
        in organisation: OrganisationID
    ) async throws(StoreError) -> IdempotencyState { throw failure }

    func finishRequest(
        _ attempt: IdempotencyAttempt,
        with response: StoredResponse,
        in organisation: OrganisationID
    ) async throws(StoreError) { throw failure }

    func releaseRequest(_ attempt: IdempotencyAttempt, in organisation: OrganisationID) async throws(StoreError) {
        throw failure
    }
}
