import Logging
import ServiceLifecycle

/// Says in the log that the service was told to stop, which may take a while.
struct ShutdownNotice: Service {
    let logger: Logger

    func run() async throws {
        try await gracefulShutdown()
        logger.info("stopping; requests in progress are answered first, for 30 s at most")
    }
}
