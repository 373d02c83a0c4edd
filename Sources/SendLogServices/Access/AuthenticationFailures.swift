public import Logging
package import SendLogNetwork
import Synchronization

/// Counts requests without a valid key, per client.
///
/// Beyond 10 a minute, failures are delayed by a second and only counted in the log. Requests with a valid key are not
/// affected, also from the same address.
public final class AuthenticationFailures: Sendable {
    /// How to handle an authentication failure.
    package struct Handling: Equatable, Sendable {
        /// Whether the failure gets its own log message; otherwise it is counted, and the count is logged.
        package let isLogged: Bool
        /// The delay before the response; `nil` for none.
        package let delay: Duration?
    }

    private struct Entry {
        /// When the current window began.
        var begin: ContinuousClock.Instant
        var count = 0
        /// The number of failures that are not logged yet.
        var unlogged = 0
    }

    private struct Client: Hashable {
        /// The client's address; `nil` for unknown addresses and all clients beyond the capacity.
        let address: IPAddress?
        let hasKey: Bool
    }

    /// The number of a client's failures.
    package typealias Count = (client: IPAddress?, hasKey: Bool, count: Int)

    private let entries = Mutex<[Client: Entry]>([:])
    /// The maximum number of clients that are counted separately; all others are counted together.
    private let capacity: Int

    /// The length of the window in which failures are counted.
    private static let window = Duration.seconds(60)
    /// The number of a client's failures per window that are logged individually and get an immediate response.
    private static let free = 10
    private static let delay = Duration.seconds(1)

    init(capacity: Int = 10_000) { self.capacity = capacity }

    /// Counts an authentication failure of a client, and returns how to handle it.
    ///
    /// - Parameters:
    ///   - address: the address of the client; `nil` if it is unknown
    ///   - hasKey: whether the request has a key, which is invalid
    ///   - now: the time of the request
    /// - Returns: whether to log the failure, and how long to delay the response.
    package func record(_ address: IPAddress?, hasKey: Bool = true, at now: ContinuousClock.Instant = .now) -> Handling
    {
        entries.withLock { entries in
            var client = Client(address: address, hasKey: hasKey)
            if entries[client] == nil, entries.count >= capacity { client = Client(address: nil, hasKey: hasKey) }
            var entry = entries[client] ?? Entry(begin: now)
            if now - entry.begin >= Self.window { (entry.begin, entry.count) = (now, 0) }
            entry.count += 1
            let isFree = entry.count <= Self.free
            if !isFree { entry.unlogged += 1 }
            entries[client] = entry
            return Handling(isLogged: isFree, delay: isFree ? nil : Self.delay)
        }
    }

    /// Returns and resets the counts of failures without a log message, and removes clients whose window is over.
    package func takeCounts(at now: ContinuousClock.Instant = .now) -> [Count] {
        entries.withLock { entries in
            var counts: [Count] = []
            for (client, entry) in entries {
                if entry.unlogged > 0 { counts.append((client.address, client.hasKey, entry.unlogged)) }
                entries[client]?.unlogged = 0
                if now - entry.begin >= Self.window { entries[client] = nil }
            }
            return counts
        }
    }

    /// Logs the counts of failures without a log message; to be called periodically.
    public func log(to logger: Logger) {
        let counts = takeCounts().sorted { $0.count > $1.count }
        for (client, hasKey, count) in counts.prefix(Self.maxLogged) {
            let what = hasKey ? "with invalid keys" : "without a key"
            logger.warning(
                "refused more requests \(what)",
                metadata: ["client": "\(client.map { "\($0)" } ?? "others")", "count": .stringConvertible(count)]
            )
        }
        guard counts.count > Self.maxLogged else { return }
        let rest = counts[Self.maxLogged...]
        logger.warning(
            "refused more requests without a valid key",
            metadata: [
                "clients": .stringConvertible(rest.count),
                "count": .stringConvertible(rest.reduce(0) { $0 + $1.count }),
            ]
        )
    }

    /// The maximum number of clients that are logged individually per call.
    private static let maxLogged = 20
}
