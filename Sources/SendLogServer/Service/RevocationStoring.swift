import Logging
import SendLogCore
import SendLogServices
import ServiceLifecycle

/// Stores the revocations of keys that the database could not store when they were made.
struct RevocationStoring: Service {
    let authenticator: Authenticator
    let logger: Logger

    private static let interval = Duration.seconds(5)

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: Self.interval)
                for result in await authenticator.storeRevocations() { log(result) }
            }
        }
        for result in await authenticator.storeRevocations() { log(result) }
        for key in authenticator.pendingRevocations {
            logger.error(
                "the revocation of a key is lost, because the database could not store it; revoke the key again",
                metadata: ["revoked_key": "\(key)"]
            )
        }
    }

    private func log(_ result: Authenticator.StoringResult) {
        switch result {
        case .stored(let key):
            logger.notice("the revocation of a key is stored now", metadata: ["revoked_key": "\(key)"])
        case .failed(let key, let cause):
            logger.warning(
                "the revocation of a key cannot be stored yet: only this server refuses the key; retrying",
                metadata: ["revoked_key": "\(key)", "cause": "\(cause)"]
            )
        case .unknown(let key):
            logger.warning("a revoked key does not exist any more", metadata: ["revoked_key": "\(key)"])
        }
    }
}
