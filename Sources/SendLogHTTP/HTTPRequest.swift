public import NIOHTTP1
package import SendLogNetwork
import Synchronization

/// A request: its head, and its body as it arrives.
///
/// A class, since it is immutable and passed on about a dozen times while it is handled.
public final class HTTPRequest: Sendable {
    /// The request method.
    public let method: HTTPMethod
    /// The path without the query and without the ``basePath``, percent-encoded.
    public let path: Substring
    /// The path under which a proxy publishes the server, such as `/sendlog`; empty if it publishes it at the root.
    public let basePath: String
    /// The query string without the question mark; `nil` if there is none.
    public let query: Substring?
    /// The violation of HTTP, or the unsupported feature, in this request; the connection closes after its response.
    public let fault: ProtocolFault?
    /// The client's address, or `nil` if the connection has none.
    package let address: IPAddress?
    private let headers: HTTPHeaders
    private let isClientDisconnected = Atomic(false)
    /// The body, which can be read once.
    public let body: RequestBody

    /// Creates a request with a target in any form (<https://www.rfc-editor.org/rfc/rfc9112#section-3.2>).
    ///
    /// The target may begin with the base path or not: some proxies remove it.
    package init(
        method: HTTPMethod,
        target: String,
        basePath: String = "",
        headers: HTTPHeaders,
        address: IPAddress? = nil,
        body: RequestBody,
        fault: ProtocolFault? = nil
    ) {
        self.method = method
        self.basePath = basePath
        self.fault = fault
        self.headers = headers
        self.address = address
        self.body = body
        let originForm = Self.originForm(target)
        let fullPath: Substring
        if let mark = originForm.utf8.firstIndex(of: UInt8(ascii: "?")) {
            fullPath = originForm[..<mark]
            query = originForm[originForm.utf8.index(after: mark)...]
        } else {
            (fullPath, query) = (originForm, nil)
        }
        path = Self.path(fullPath, below: basePath) ?? fullPath
    }

    /// Returns the rest of a path below a base path, `/` for the base path itself.
    ///
    /// - Returns: `nil` if the path is not below the base path.
    public static func path(_ path: Substring, below basePath: String) -> Substring? {
        guard path.utf8.starts(with: basePath.utf8) else { return nil }
        let rest = path[path.utf8.index(path.startIndex, offsetBy: basePath.utf8.count)...]
        if rest.isEmpty, !basePath.isEmpty { return "/" }
        return rest.utf8.first == UInt8(ascii: "/") ? rest : nil
    }

    /// The address range of the client, for limits; see ``IPAddress/clientPrefix``.
    package var client: IPAddress? { address?.clientPrefix }

    /// Whether the client has disconnected, so that work that has not begun can be skipped.
    package var isAbandoned: Bool { isClientDisconnected.load(ordering: .relaxed) }

    /// Records that the client has disconnected.
    func abandon() { isClientDisconnected.store(true, ordering: .relaxed) }

    /// Returns the path and query of a request target.
    private static func originForm(_ target: String) -> Substring {
        if target.utf8.first == UInt8(ascii: "/") { return target[...] }
        guard let scheme = target.firstRange(of: "://") else { return target[...] }
        let rest = target[scheme.upperBound...]
        return rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/"
    }

    /// Returns the value of the first header field with a name, without surrounding whitespace
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-5.5>).
    public func field(_ name: String) -> String? { headers.first(name: name).map(Self.trimmed) }

    /// Returns the values of all header fields with a name, without surrounding whitespace.
    public func fields(_ name: String) -> [String] { headers[name].map(Self.trimmed) }

    private static func trimmed(_ value: String) -> String {
        let text = value.trimmingBlanks
        // Nearly always the same; then no new string is made.
        return text.utf8.count == value.utf8.count ? value : String(text)
    }

    /// The length of the body in bytes, if the client declares it.
    public var contentLength: Int? { field("content-length").flatMap { Int($0) } }

    /// Whether the client waits for `100 Continue` before it sends the body.
    public var expectsContinue: Bool { field("expect")?.matches("100-continue") == true }

    /// Whether the client accepts a response in gzip (<https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3>).
    public var acceptsGzip: Bool {
        var isWildcardAccepted = false
        // No browser sends a longer header.
        for line in headers["accept-encoding"].prefix(4) where line.utf8.count <= 512 {
            for coding in line.split(separator: ",") {
                let parts = coding.split(separator: ";")
                let name = (parts.first ?? "").trimmingBlanks.lowercased()
                let isRefused = parts.dropFirst().contains { part in
                    let weight = part.trimmingBlanks.lowercased()
                    return weight.hasPrefix("q=") && Double(weight.dropFirst(2)) == 0
                }
                if name == "gzip" || name == "x-gzip" { return !isRefused }
                if name == "*" { isWildcardAccepted = !isRefused }
            }
        }
        return isWildcardAccepted
    }
}
