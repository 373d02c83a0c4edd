import Logging
import ServiceLifecycle

/// Logs that the service is stopping, which may take a while.
struct ShutdownNotice: Service {
    let logger: Logger

    func run() async throws {
        try await gracefulShutdown()
        logger.info("stopping; completing requests in progress, for at most 30 s")
    }
}
