import Logging
import SendLogAPI
import SendLogCore
import ServiceLifecycle

/// Does now and then what need not be done for each request: notes when keys were used, logs how many invalid keys were refused, and returns
/// memory to the system.
struct Housekeeping: Service {
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
                authenticator.refusals.log(to: logger)
                Memory.returnUnused()
                await writeUses(else: "trying again later")
            }
        }
        authenticator.refusals.log(to: logger)
        await writeUses(else: "what they were used for last is not known")
    }

    private func writeUses(else consequence: String) async {
        do {
            try await authenticator.writeUses()
        } catch {
            logger.warning("cannot note when keys were used; \(consequence)", metadata: ["cause": "\(error)"])
        }
    }
}
