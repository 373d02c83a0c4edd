import Foundation
import Glibc

/// A TCP proxy in front of PostgreSQL that simulates network failures; it stops when this object is released.
///
/// Methods return after they have taken effect.
public final class CuttableProxy: Sendable {
    /// The port on 127.0.0.1.
    public let port: UInt16
    private let loop: ProxyLoop

    /// Listens, and forwards connections.
    ///
    /// - Parameter target: the port on 127.0.0.1 that connections go to; it need not be open yet
    /// - Throws: `TestFailure` if it cannot listen.
    public init(target: UInt16) throws {
        port = try FreePort.any()
        loop = try ProxyLoop(ProxyState(target: target, listener: try FreePort.listen(port)))
    }

    deinit {
        loop.perform { $0.stop() }
    }

    /// The port that new connections go to; existing ones do not change.
    public var target: UInt16 {
        get { loop.query { Int($0.target) }.map(UInt16.init) ?? 0 }
        set { loop.perform { $0.target = newValue } }
    }

    /// How many connections are open.
    public var connections: Int { loop.query { $0.connections.count } ?? 0 }

    /// How many connections have been accepted so far.
    public var accepted: Int { loop.query { $0.accepted } ?? 0 }

    /// Resets every connection on both sides.
    ///
    /// New connections are accepted at once.
    public func cutAll() {
        loop.perform { $0.cutAll() }
    }

    /// Stops forwarding in both directions, the end of a connection included.
    ///
    /// Connections stay open, and the system still accepts new ones.
    public func freeze() {
        loop.perform { $0.isFrozen = true }
    }

    /// Forwards the bytes that have waited since `freeze()`, and all later ones.
    public func thaw() {
        loop.perform { $0.isFrozen = false }
    }

    /// Refuses new connections, like a closed port; existing ones stay open.
    public func refuse() {
        loop.perform { $0.closeListener() }
    }

    /// Accepts new connections again, on the same port.
    ///
    /// - Throws: `TestFailure` if another process has taken the port.
    public func accept() throws {
        guard loop.query({ $0.listener < 0 ? 1 : 0 }) == 1 else { return }
        let listener = try FreePort.listen(port)
        loop.perform { $0.listener = listener }
    }
}
