import Foundation
import SendLogCore
import SendLogNetwork
import SendLogScheduling
import Synchronization

/// Resolves hosts with the system's `getaddrinfo`, which accepts the same notations as a connection.
struct SystemLookup: AddressLookup {
    /// The threads for lookups: `getaddrinfo` blocks while name servers do not answer.
    private static let threads = FairThreadPool(count: 64, name: "lookups", reserve: .share)

    func addresses(of host: String, for organisation: OrganisationID) async throws -> [IPAddress] {
        // `getaddrinfo` cannot be cancelled: after a cancellation its result is discarded.
        let pending = PendingLookup()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                pending.waiting.withLock { $0 = continuation }
                if Task.isCancelled { return pending.resume(.failure(CancellationError())) }
                Self.threads.submit(for: organisation) {
                    // The task may have been cancelled meanwhile.
                    if pending.isAwaited { pending.resume(Result { try Self.resolve(host) }) }
                }
            }
        } onCancel: {
            pending.resume(.failure(CancellationError()))
        }
    }

    private final class PendingLookup: Sendable {
        let waiting = Mutex<CheckedContinuation<[IPAddress], any Error>?>(nil)

        var isAwaited: Bool { waiting.withLock { $0 != nil } }

        func resume(_ result: Result<[IPAddress], any Error>) {
            waiting.withLock { $0.take() }?.resume(with: result)
        }
    }

    private static func resolve(_ host: String) throws -> [IPAddress] {
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
