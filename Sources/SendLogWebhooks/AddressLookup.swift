import SendLogCore
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Finds the addresses of hosts.
protocol AddressLookup: Sendable {
    /// The addresses of a host, in the order in which to try them.
    ///
    /// - Parameters:
    ///   - host: a name, or an address in any notation
    ///   - organisation: whose webhook asks
    /// - Returns: the addresses; none where the host has none.
    /// - Throws: ``LookupFailure``.
    func addresses(of host: String, for organisation: OrganisationID) async throws -> [IPAddress]
}

/// A host has no address, or nobody can say.
struct LookupFailure: Error {
    /// Why, in words for people.
    let reason: String
}

/// Asks the system, which understands every notation that a connection would.
struct SystemLookup: AddressLookup {
    /// Look-ups may take as long as name servers are silent: they have threads of their own, and an organisation a few of them.
    private static let threads = SharedThreads(count: 64, each: 8)

    func addresses(of host: String, for organisation: OrganisationID) async throws -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        // A look-up cannot be called off; who waited for it goes, and its answer finds nobody.
        let box = Box()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                box.waiting.withLock { $0 = continuation }
                if Task.isCancelled { return box.resume(.failure(CancellationError())) }
                Self.threads.submit(for: organisation) {
                    // Nobody may be waiting any longer.
                    if box.isAwaited { box.resume(Result { try Self.ask(host) }) }
                }
            }
        } onCancel: {
            box.resume(.failure(CancellationError()))
        }
    }

    private final class Box: Sendable {
        let waiting = Mutex<CheckedContinuation<[IPAddress], any Error>?>(nil)

        var isAwaited: Bool { waiting.withLock { $0 != nil } }

        func resume(_ result: Result<[IPAddress], any Error>) {
            let continuation = waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            continuation?.resume(with: result)
        }
    }

    private static func ask(_ host: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &first)
        defer { freeaddrinfo(first) }
        guard status == 0 else { throw LookupFailure(reason: String(cString: gai_strerror(status))) }
        var (addresses, next): ([IPAddress], UnsafeMutablePointer<addrinfo>?) = ([], first)
        while let info = next?.pointee {
            if let address = info.ai_addr.flatMap({ Self.address($0, family: info.ai_family) }) {
                addresses.append(address)
            }
            next = info.ai_next
        }
        return addresses
    }

    private static func address(_ pointer: UnsafeMutablePointer<sockaddr>, family: Int32) -> IPAddress? {
        switch family {
        case AF_INET:
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { socket in
                withUnsafeBytes(of: socket.pointee.sin_addr) { IPAddress(Array($0)) }
            }
        case AF_INET6:
            pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { socket in
                withUnsafeBytes(of: socket.pointee.sin6_addr) { IPAddress(Array($0)) }
            }
        default: nil
        }
    }
}
