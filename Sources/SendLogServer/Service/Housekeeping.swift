import Logging
import SendLogCore
import SendLogScheduling
import SendLogServices
import ServiceLifecycle

/// Does periodic work: records when keys were last used, logs how many requests without a valid key were not logged
/// individually, deletes expired idempotency keys and links to recipients, and returns unused memory to the system.
struct Housekeeping: Service {
    let authenticator: Authenticator
    let store: any IdempotencyStore & RecipientLinkStore
    let threads: FairThreadPool
    let logger: Logger

    private static let interval = Duration.seconds(30)
    /// The number of rounds between two deletions of what has expired, and is not used any more.
    private static let expiryRounds = 10
    /// The number of rounds with busy threads after which memory is returned anyway.
    private static let maxBusyRounds = 10

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var (busy, round) = (0, 0)
            while true {
                try await Task.sleep(for: Self.interval)
                authenticator.authenticationFailures.log(to: logger)
                // Prefers an idle moment: allocations wait while memory is returned.
                busy = threads.isIdle ? 0 : busy + 1
                if busy == 0 || busy > Self.maxBusyRounds {
                    Memory.returnUnused()
                    busy = 0
                }
                await writeUses(else: "retrying later")
                if round.isMultiple(of: Self.expiryRounds) {
                    await Self.deleteExpired(in: store, at: ServiceClock.now(), logger)
                }
                round += 1
            }
        }
        authenticator.authenticationFailures.log(to: logger)
        await writeUses(else: "the times since the previous save are lost")
    }

    /// Deletes expired links to recipients and idempotency keys; if one of the two fails, the other is still done.
    static func deleteExpired(
        in store: any IdempotencyStore & RecipientLinkStore,
        at now: Timestamp,
        _ logger: Logger
    ) async {
        await deleteAll("cannot delete expired links to recipients; retrying later", logger) { () throws(StoreError) in
            try await store.deleteRecipientLinks(expiredAt: now)
        }
        guard let end = Timestamp(milliseconds: now.milliseconds - IdempotencyKey.lifetime) else { return }
        await deleteAll("cannot delete expired idempotency keys; retrying later", logger) { () throws(StoreError) in
            try await store.deleteIdempotencyKeys(before: end)
        }
    }

    private static func deleteAll(
        _ failure: Logger.Message,
        _ logger: Logger,
        _ deleteSome: () async throws(StoreError) -> Int
    ) async {
        do throws(StoreError) {
            while try await deleteSome() > 0, !Task.isCancelled {}
        } catch {
            logger.warning(failure, metadata: ["cause": "\(error)"])
        }
    }

    private func writeUses(else consequence: String) async {
        do {
            try await authenticator.writeUses()
        } catch {
            logger.warning("cannot record when keys were last used; \(consequence)", metadata: ["cause": "\(error)"])
        }
    }
}
