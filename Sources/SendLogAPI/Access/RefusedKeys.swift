public import Logging
package import SendLogNetwork
import Synchronization

/// Counts requests without a valid key by client, so that a client that tries keys does not fill the log and gets few answers.
///
/// It never refuses a request: a valid key is answered, no matter what else comes from its address.
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

    private struct Client: Hashable {
        /// `nil` for all clients beyond the capacity.
        let address: IPAddress?
        let bringsKey: Bool
    }

    private let entries = Mutex<[Client: Entry]>([:])
    /// How many clients are counted by themselves; all others are counted together.
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
    ///   - address: who sent the request; `nil` if that is not known
    ///   - bringsKey: whether it brought a key, which is invalid
    ///   - now: the time
    /// - Returns: how to handle it.
    package func note(
        _ address: IPAddress?,
        bringsKey: Bool = true,
        at now: ContinuousClock.Instant = .now
    ) -> Handling {
        entries.withLock { entries in
            var client = Client(address: address, bringsKey: bringsKey)
            if entries[client] == nil, entries.count >= capacity { client = Client(address: nil, bringsKey: bringsKey) }
            var entry = entries[client] ?? Entry(begin: now)
            if now - entry.begin >= Self.window { (entry.begin, entry.count) = (now, 0) }
            entry.count += 1
            let isFree = entry.count <= Self.free
            if !isFree { entry.unlogged += 1 }
            entries[client] = entry
            return Handling(isLogged: isFree, delay: isFree ? nil : Self.delay)
        }
    }

    /// Takes how many refusals were not logged by themselves, and forgets clients that have sent none for long.
    package func takeCounts(at now: ContinuousClock.Instant = .now) -> [(
        client: IPAddress?, bringsKey: Bool, count: Int
    )] {
        entries.withLock { entries in
            var counts: [(client: IPAddress?, bringsKey: Bool, count: Int)] = []
            for (client, entry) in entries {
                if entry.unlogged > 0 { counts.append((client.address, client.bringsKey, entry.unlogged)) }
                entries[client]?.unlogged = 0
                if now - entry.begin >= Self.window { entries[client] = nil }
            }
            return counts
        }
    }

    /// Logs how many refusals were counted; to be called now and then.
    public func log(to logger: Logger) {
        let counts = takeCounts().sorted { $0.count > $1.count }
        for (client, bringsKey, count) in counts.prefix(Self.maxLogged) {
            let what = bringsKey ? "with invalid keys" : "without a key"
            logger.warning(
                "refused more requests \(what)",
                metadata: ["client": "\(client.map { "\($0)" } ?? "others")", "count": "\(count)"]
            )
        }
        guard counts.count > Self.maxLogged else { return }
        let rest = counts[Self.maxLogged...]
        logger.warning(
            "refused more requests without a valid key",
            metadata: ["clients": "\(rest.count)", "count": "\(rest.reduce(0) { $0 + $1.count })"]
        )
    }

    /// How many clients are named at a time.
    private static let maxLogged = 20
}
