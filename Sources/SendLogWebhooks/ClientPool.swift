import AsyncHTTPClient
import NIOCore
import Synchronization

/// Keeps connections to receivers, each to an address that was checked.
///
/// A client of the library connects a host to the one address that it was made for, and validates the host's
/// certificate all the same.
final class ClientPool: Sendable {
    private struct Key: Hashable {
        let host: String
        let address: IPAddress
        /// Whether another address may do, so that this one has a part of the time only.
        let isOneOfSeveral: Bool
    }

    private struct Entry {
        let client: HTTPClient
        var users = 1
        var used = ContinuousClock.now
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var isClosed = false
    }

    /// Of clients that nobody uses so many are kept, those longest that were used last.
    private static let mostIdle = 256
    /// For how long they are kept.
    private static let longestIdle = Duration.seconds(60)
    private let state = Mutex(State())
    private let timeout: Duration
    private let thread: QuietThread

    init(timeout: Duration, thread: QuietThread) {
        self.thread = thread
        self.timeout = timeout
    }

    /// Lends the client that connects a host to an address.
    ///
    /// - Parameters:
    ///   - host: the host as the request's URL has it
    ///   - address: one of its addresses
    ///   - isOneOfSeveral: whether a connection that does not come about in a fourth of the time is given up
    ///   - body: what to do with the client
    /// - Returns: what `body` returns.
    /// - Throws: `CancellationError` once all is closed; what `body` throws.
    func withClient<Result: Sendable>(
        for host: String,
        at address: IPAddress,
        isOneOfSeveral: Bool,
        _ body: (HTTPClient) async throws -> Result
    ) async throws -> Result {
        let key = Key(host: host, address: address, isOneOfSeveral: isOneOfSeveral)
        let client = try state.withLock { state in
            if state.isClosed { throw CancellationError() }
            if let client = state.entries[key]?.client {
                state.entries[key]?.users += 1
                return client
            }
            let client = HTTPClient(eventLoopGroupProvider: .shared(thread.loops), configuration: configuration(key))
            state.entries[key] = Entry(client: client)
            return client
        }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        for client in giveBack(key) { try? await client.shutdown() }
        return try result.get()
    }

    /// Takes a client back.
    ///
    /// - Returns: those that are not worth keeping any longer.
    private func giveBack(_ key: Key) -> [HTTPClient] {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.entries[key]?.users -= 1
            state.entries[key]?.used = now
            let idle = state.entries.filter { $0.value.users == 0 }.sorted { $0.value.used > $1.value.used }
            let old = idle.enumerated().filter { place, entry in
                place >= Self.mostIdle || now - entry.value.used > Self.longestIdle
            }
            for (_, entry) in old { state.entries[entry.key] = nil }
            return old.map(\.element.value.client)
        }
    }

    private func configuration(_ key: Key) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.dnsOverride = [key.host: key.address.description]
        configuration.redirectConfiguration = .disallow
        // Receivers are others' systems: they get no header that nobody asked for.
        configuration.tracing.tracer = nil
        configuration.httpVersion = .http1Only
        // Where packets are dropped, there is to be time for the next address.
        configuration.timeout.connect = .init(key.isOneOfSeveral ? timeout / 4 : timeout)
        // Nobody waits for another's connection: as many as there are lanes at most.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 10_000
        configuration.connectionPool.idleTimeout = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    func close() async {
        let clients = state.withLock { state in
            state.isClosed = true
            defer { state.entries = [:] }
            return state.entries.values.map(\.client)
        }
        for client in clients { try? await client.shutdown() }
    }
}
