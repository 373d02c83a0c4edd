import Logging
import SendLogAPI
import SendLogCore
import SendLogScheduling
import ServiceLifecycle

/// Does now and then what need not be done for each request: notes when keys were used, logs how many invalid keys were refused, and returns
/// memory to the system.
struct Housekeeping: Service {
    let authenticator: Authenticator
    let threads: FairThreadPool
    let logger: Logger

    private static let interval = Duration.seconds(30)
    /// After how many busy looks memory is returned all the same.
    private static let maxBusy = 10

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var busy = 0
            while true {
                try await Task.sleep(for: Self.interval)
                authenticator.refusals.log(to: logger)
                // What asks for memory meanwhile waits.
                busy = threads.isIdle ? 0 : busy + 1
                if busy == 0 || busy > Self.maxBusy {
                    Memory.returnUnused()
                    busy = 0
                }
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
