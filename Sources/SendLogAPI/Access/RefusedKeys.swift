public import Logging
package import SendLogNetwork
import Synchronization

/// Counts requests with invalid keys by client, so that somebody who tries keys fills no log and gets few answers.
///
/// It never refuses anything: a valid key is answered whatever else comes from its address.
public final class RefusedKeys: Sendable {
    /// How a refusal is to be handled.
    package struct Handling: Equatable, Sendable {
        /// Whether it is logged by itself; otherwise it is counted, and the count is logged.
        package let isLogged: Bool
        /// How long to wait before it is answered.
        package let delay: Duration?
    }

    private struct Entry {
        /// Since when refusals are counted.
        var begin: ContinuousClock.Instant
        var count = 0
        /// How many of them were not logged yet.
        var unlogged = 0
    }

    private let entries = Mutex<[IPAddress?: Entry]>([:])
    /// How many addresses are told apart; all others are counted together.
    private let capacity: Int

    /// For how long refusals are counted.
    private static let window = Duration.seconds(60)
    /// How many of a client's refusals in that time are logged by themselves, and answered at once.
    private static let free = 10
    private static let delay = Duration.seconds(1)

    /// Starts with nothing counted.
    public init() { capacity = 10_000 }

    init(capacity: Int) { self.capacity = capacity }

    /// Counts a refusal.
    ///
    /// - Parameters:
    ///   - client: who sent the request; `nil` if that is not known
    ///   - now: the time
    package func note(_ client: IPAddress?, at now: ContinuousClock.Instant = .now) -> Handling {
        entries.withLock { entries in
            let key = entries[client] != nil || entries.count < capacity ? client : nil
            var entry = entries[key] ?? Entry(begin: now)
            if now - entry.begin >= Self.window { (entry.begin, entry.count) = (now, 0) }
            entry.count += 1
            let isFree = entry.count <= Self.free
            if !isFree { entry.unlogged += 1 }
            entries[key] = entry
            return Handling(isLogged: isFree, delay: isFree ? nil : Self.delay)
        }
    }

    /// Takes how many refusals were not logged by themselves, and forgets clients that have sent none for long.
    package func takeCounts(at now: ContinuousClock.Instant = .now) -> [(client: IPAddress?, count: Int)] {
        entries.withLock { entries in
            var counts: [(client: IPAddress?, count: Int)] = []
            for (client, entry) in entries {
                if entry.unlogged > 0 { counts.append((client, entry.unlogged)) }
                entries[client]?.unlogged = 0
                if now - entry.begin >= Self.window { entries[client] = nil }
            }
            return counts
        }
    }

    /// Logs how many refusals were counted; to be called now and then.
    public func log(to logger: Logger) {
        let counts = takeCounts().sorted { $0.count > $1.count }
        for (client, count) in counts.prefix(Self.mostLogged) {
            logger.warning(
                "refused more requests with invalid keys",
                metadata: ["client": "\(client.map { "\($0)" } ?? "others")", "count": "\(count)"]
            )
        }
        guard counts.count > Self.mostLogged else { return }
        let rest = counts[Self.mostLogged...]
        logger.warning(
            "refused more requests with invalid keys",
            metadata: ["clients": "\(rest.count)", "count": "\(rest.reduce(0) { $0 + $1.count })"]
        )
    }

    /// How many clients are named at a time.
    private static let mostLogged = 20
}
