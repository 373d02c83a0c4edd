public import NIOCore
import Synchronization

/// Sends the pieces of a response's body, and lets their producer work ahead of the client.
///
/// Each time a producer waits for the connection, two threads must be woken. So it waits only once it is ahead by
/// ``maxBytes``, and then until most of that was taken.
public final class ResponsePieces: Sendable {
    private struct State {
        /// The number of bytes that the connection has not taken yet.
        var waiting = 0
        /// The number of bytes that the connection has taken.
        var taken = 0
        var isOpen = true
        /// The producer, and the number of bytes that may wait when it resumes.
        var producer: (continuation: UnsafeContinuation<Bool, Never>, most: Int)?
    }

    /// The number of bytes that may wait for the connection before the producer must wait too.
    ///
    /// A client that does not read costs this memory, one piece, and the bytes that the connection has not sent yet.
    private static let maxBytes = 192 * 1024

    private let handle: ConnectionHandle
    private let state = Mutex(State())

    init(_ handle: ConnectionHandle) { self.handle = handle }

    /// The number of bytes that the connection has taken.
    public var taken: Int { state.withLock { $0.taken } }

    /// Sends the next piece of the body, and waits if too many bytes wait for the connection.
    ///
    /// The pieces of a response are all sent on the connection's event loop, or all on other threads: on the event loop, a
    /// piece would overtake those that other threads sent.
    ///
    /// - Throws: ``ConnectionBroken`` if the connection has ended.
    public func write(_ piece: ByteBuffer) async throws(ConnectionBroken) {
        let length = piece.readableBytes
        guard length > 0 else { return }
        let waiting: Int? = state.withLock { state in
            guard state.isOpen else { return nil }
            state.waiting += length
            return state.waiting
        }
        guard let waiting else { throw ConnectionBroken() }
        handle.run { connection in
            connection.write(piece) { isOpen in self.note(length, isOpen: isOpen) }
        }
        if waiting > Self.maxBytes { try await waitUntilTaken(except: Self.maxBytes / 3) }
    }

    /// Waits until the connection has taken all pieces.
    ///
    /// - Throws: ``ConnectionBroken`` if the connection has ended.
    public func drain() async throws(ConnectionBroken) { try await waitUntilTaken(except: 0) }

    private func waitUntilTaken(except most: Int) async throws(ConnectionBroken) {
        let isOpen = await withUnsafeContinuation { continuation in
            let isOpen: Bool? = state.withLock { state in
                guard state.isOpen, state.waiting > most else { return state.isOpen }
                state.producer = (continuation, most)
                return nil
            }
            if let isOpen { continuation.resume(returning: isOpen) }
        }
        if !isOpen { throw ConnectionBroken() }
    }

    /// Notes that the connection has taken a piece, or has ended before.
    private func note(_ length: Int, isOpen: Bool) {
        let producer = state.withLock { state in
            state.waiting -= length
            if isOpen { state.taken += length } else { state.isOpen = false }
            guard let producer = state.producer, state.waiting <= producer.most || !state.isOpen else {
                return UnsafeContinuation<Bool, Never>?.none
            }
            state.producer = nil
            return producer.continuation
        }
        producer?.resume(returning: isOpen)
    }
}
