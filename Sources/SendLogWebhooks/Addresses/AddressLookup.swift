import SendLogCore
import SendLogNetwork
import SendLogScheduling
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
    /// A DNS query blocks for as long as name servers are silent, so it runs on a thread.
    private static let threads = FairThreadPool(count: 64, name: "lookups", reserve: .share)

    func addresses(of host: String, for organisation: OrganisationID) async throws -> [IPAddress] {
        // `getaddrinfo` cannot be cancelled: its result is dropped.
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
            if let address = info.ai_addr.flatMap({ IPAddress(UnsafeRawPointer($0), family: info.ai_family) }) {
                addresses.append(address)
            }
            next = info.ai_next
        }
        return addresses
    }
}
