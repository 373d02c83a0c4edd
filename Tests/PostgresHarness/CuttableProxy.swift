import Foundation
import Glibc

/// A proxy on 127.0.0.1 that can do to connections what networks do, gone with this object.
///
/// Each method has taken effect when it returns.
public final class CuttableProxy: Sendable {
    /// Where it listens, on 127.0.0.1.
    public let port: UInt16
    private let loop: ProxyLoop

    /// Listens, and passes on what comes.
    ///
    /// - Parameter target: the port of 127.0.0.1 that connections go to; nobody needs to listen there yet
    /// - Throws: `TestFailure` where it cannot listen.
    public init(target: UInt16) throws {
        port = try FreePort.any()
        loop = try ProxyLoop(ProxyState(target: target, listener: try FreePort.listen(port)))
    }

    deinit {
        loop.perform { $0.stop() }
    }

    /// The port that connections go to that are made from now on; those there are stay.
    public var target: UInt16 {
        get { loop.ask { Int($0.target) }.map(UInt16.init) ?? 0 }
        set { loop.perform { $0.target = newValue } }
    }

    /// How many connections are open.
    public var connections: Int { loop.ask { $0.connections.count } ?? 0 }

    /// How many connections there ever were.
    public var accepted: Int { loop.ask { $0.accepted } ?? 0 }

    /// Breaks every connection: both sides see a reset.
    ///
    /// New ones may come at once.
    public func cutAll() {
        loop.perform { $0.cutAll() }
    }

    /// Lets no byte pass any longer in either direction, nor the end of a connection.
    ///
    /// Connections stay open, and new ones are made.
    public func freeze() {
        loop.perform { $0.isFrozen = true }
    }

    /// Lets pass what has waited since `freeze()`, and all that comes.
    public func thaw() {
        loop.perform { $0.isFrozen = false }
    }

    /// Refuses new connections, as a port does that nobody listens on; those there are stay.
    public func refuse() {
        loop.perform { $0.closeListener() }
    }

    /// Takes new connections again, on the same port.
    ///
    /// - Throws: `TestFailure` where somebody else has taken the port.
    public func accept() throws {
        guard loop.ask({ $0.listener < 0 ? 1 : 0 }) == 1 else { return }
        let listener = try FreePort.listen(port)
        loop.perform { $0.listener = listener }
    }
}
