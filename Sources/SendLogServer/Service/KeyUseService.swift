import Logging
import SendLogAPI
import SendLogCore
import ServiceLifecycle

/// Writes down now and then when keys were last used, instead of once a request.
struct KeyUseService: Service {
    let authenticator: Authenticator
    let logger: Logger
    private let interval = Duration.seconds(30)

    init(authenticator: Authenticator, logger: Logger) {
        self.authenticator = authenticator
        self.logger = logger
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: interval)
                await write(else: "trying again later")
            }
        }
        await write(else: "what they were used for last is not known")
    }

    private func write(else consequence: String) async {
        do {
            try await authenticator.writeUses()
        } catch {
            logger.warning("cannot note when keys were used; \(consequence)", metadata: ["cause": "\(error)"])
        }
    }
}
