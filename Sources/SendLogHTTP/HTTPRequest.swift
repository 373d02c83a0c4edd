public import NIOCore
public import NIOHTTP1
package import SendLogNetwork
import Synchronization

/// A request: its head, and its body as it arrives.
///
/// A class, since it is handed on a dozen times on its way and never changes.
public final class HTTPRequest: Sendable {
    /// What is to be done.
    public let method: HTTPMethod
    /// The path, still percent-encoded, without the query.
    public let path: Substring
    /// What stands behind the question mark, if there is one.
    public let query: Substring?
    /// What HTTP forbids in this request, or this server does not implement; then its connection ends with the answer.
    public let fault: ProtocolFault?
    /// Who sends it, as far as addresses tell, or `nil` if the connection has none; see ``IPAddress/client``.
    package let client: IPAddress?
    private let headers: HTTPHeaders
    private let isClientGone = Atomic(false)
    /// The body, which may be read once.
    public let body: RequestBody

    /// Makes a request of its parts; for the forms of targets see <https://www.rfc-editor.org/rfc/rfc9112#section-3.2>.
    ///
    /// - Parameters:
    ///   - method: what is to be done
    ///   - target: the request's target, in whatever form it has
    ///   - headers: the header fields
    ///   - client: who sends it
    ///   - body: the body
    ///   - fault: what is wrong with it as a message of HTTP
    package init(
        method: HTTPMethod,
        target: String,
        headers: HTTPHeaders,
        client: IPAddress? = nil,
        body: RequestBody,
        fault: ProtocolFault? = nil
    ) {
        self.method = method
        self.fault = fault
        self.headers = headers
        self.client = client
        self.body = body
        let local = Self.local(target)
        if let mark = local.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = local[..<mark]
            query = local[local.utf8.index(after: mark)...]
        } else {
            (path, query) = (local, nil)
        }
    }

    /// Whether the client went away, so that work that has not begun need not begin.
    package var isAbandoned: Bool { isClientGone.load(ordering: .relaxed) }

    /// Notes that the client went away.
    func abandon() { isClientGone.store(true, ordering: .relaxed) }

    /// The part of a target that says what is wanted of this server.
    private static func local(_ target: String) -> Substring {
        if target.utf8.first == UInt8(ascii: "/") { return target[...] }
        guard let scheme = target.firstRange(of: "://") else { return target[...] }
        let rest = target[scheme.upperBound...]
        return rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/"
    }

    /// The value of the first field of a name, without blanks at its ends (<https://www.rfc-editor.org/rfc/rfc9110#section-5.5>).
    public func field(_ name: String) -> String? { headers.first(name: name).map(Self.trimmed) }

    /// The values of all fields of a name, without blanks at their ends.
    public func fields(_ name: String) -> [String] { headers[name].map(Self.trimmed) }

    private static func trimmed(_ value: String) -> String {
        let text = value.trimmingBlanks
        // Nearly always the same.
        return text.utf8.count == value.utf8.count ? value : String(text)
    }

    /// How long the body is going to be in bytes, if the client says so.
    public var announcedLength: Int? { field("content-length").flatMap { Int($0) } }

    /// Whether the client waits for `100 Continue` before it sends the body.
    public var awaitsInvitation: Bool { field("expect")?.matches("100-continue") == true }

    /// Whether the client takes an answer in gzip (<https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3>).
    public var acceptsGzip: Bool {
        var byAsterisk = false
        // A longer one is no browser's.
        for line in headers["accept-encoding"].prefix(4) where line.utf8.count <= 512 {
            for coding in line.split(separator: ",") {
                let parts = coding.split(separator: ";")
                let name = (parts.first ?? "").trimmingBlanks.lowercased()
                let isRefused = parts.dropFirst().contains { part in
                    let weight = part.trimmingBlanks.lowercased()
                    return weight.hasPrefix("q=") && Double(weight.dropFirst(2)) == 0
                }
                if name == "gzip" || name == "x-gzip" { return !isRefused }
                if name == "*" { byAsterisk = !isRefused }
            }
        }
        return byAsterisk
    }
}

/// The body of a request, piece by piece.
public struct RequestBody: Sendable {
    /// What is there of it.
    private var arrived: ArrivedBody
    /// Where the rest comes from.
    private let connection: ConnectionHandle?

    /// A body that is all there.
    public init(_ whole: ByteBuffer) {
        arrived = ArrivedBody(pieces: whole.readableBytes > 0 ? [whole] : [], isEnd: true)
        connection = nil
    }

    init(of connection: ConnectionHandle) {
        arrived = ArrivedBody()
        self.connection = connection
    }

    /// The same body with what has arrived of it by now, for which a reader on another thread need not come back; on the event loop only.
    ///
    /// This one must not be read any more.
    public func withArrived() -> RequestBody {
        guard let connection, let arrived = connection.connection.arrivedBody() else { return self }
        var body = self
        body.arrived = arrived
        return body
    }

    /// Reads the body from its beginning; of a connection's request, what was not read yet.
    public func makeReader() -> Reader { Reader(arrived: arrived, connection: connection) }

    /// Reads a body once, on any thread.
    public struct Reader {
        fileprivate var arrived: ArrivedBody
        fileprivate let connection: ConnectionHandle?

        /// The next piece, or `nil` at the end.
        ///
        /// - Throws: ``ConnectionBroken`` where the body broke off.
        public mutating func next() async throws(ConnectionBroken) -> ByteBuffer? {
            if arrived.pieces.isEmpty, !arrived.isEnd {
                guard let connection else { return nil }
                let more = await withUnsafeContinuation { continuation in
                    connection.run { $0.takeBody(continuation) }
                }
                guard let more else { throw ConnectionBroken() }
                arrived = more
            }
            return arrived.pieces.isEmpty ? nil : arrived.pieces.removeFirst()
        }
    }
}

/// The connection broke, or stopped being HTTP, before all of a request came or all of its answer went.
public struct ConnectionBroken: Error {
    /// Breaks a connection.
    public init() {}
}
