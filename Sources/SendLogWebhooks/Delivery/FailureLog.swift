import Logging
import Synchronization

/// Logs a failure that repeats: the first one, and then at most one in ten minutes.
final class FailureLog: Sendable {
    private let logger: Logger
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    private static let interval = Duration.seconds(600)

    init(_ logger: Logger) { self.logger = logger }

    /// Logs a failure, unless one was logged lately.
    func warn(_ message: Logger.Message, _ metadata: Logger.Metadata, now: ContinuousClock.Instant = .now) {
        let isLogged = last.withLock { last in
            if let last, now - last < Self.interval { return false }
            last = now
            return true
        }
        if isLogged { logger.warning(message, metadata: metadata) }
    }
}
