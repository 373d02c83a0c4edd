import Foundation
package import NIOHTTP1
package import SendLogCore

/// A method and a path, and the handler of their requests.
package struct Route: Sendable {
    let method: HTTPMethod
    /// The path's segments; a segment that begins with a colon is a parameter.
    let parts: [String]
    /// The permission that the key must have; `nil` if none is required.
    let permission: Permission?
    /// Whether the route requires no API key.
    let isPublic: Bool
    /// Authenticates requests and renders failures; `nil` for the default of the API.
    let middleware: (any RouteMiddleware)?
    /// The maximum length of the body in bytes.
    let maxBodyLength: Int
    /// Whether to handle a request on the event loop, for requests that take far less than a millisecond.
    ///
    /// All other requests run on the thread pool.
    let runsOnEventLoop: @Sendable (RouteInput) -> Bool
    let handle: Handler
    /// Handles a request without suspending; returns `nil` if the request must wait for something.
    let handleSynchronously: (@Sendable (RouteInput) throws -> Response?)?

    /// A value of ``runsOnEventLoop`` for routes whose requests are all short.
    package static let always: @Sendable (RouteInput) -> Bool = { _ in true }

    /// A function that handles the requests of a route.
    package typealias Handler = @Sendable (RouteInput) async throws -> Response

    /// The name of the route in logs and metrics: the path pattern, without IDs.
    let name: String
    /// The index of the route in the table.
    fileprivate(set) var number = RouteTable.unknown

    package init(
        _ method: HTTPMethod,
        _ path: String,
        permission: Permission? = nil,
        isPublic: Bool? = nil,
        middleware: (any RouteMiddleware)? = nil,
        maxBodyLength: Int = .max,
        runsOnEventLoop: @escaping @Sendable (RouteInput) -> Bool = { _ in false },
        handleSynchronously: (@Sendable (RouteInput) throws -> Response?)? = nil,
        handle: @escaping Handler
    ) {
        self.method = method
        parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        self.permission = permission
        self.isPublic = isPublic ?? (permission == nil)
        self.middleware = middleware
        self.maxBodyLength = maxBodyLength
        self.runsOnEventLoop = runsOnEventLoop
        self.handleSynchronously = handleSynchronously
        self.handle = handle
        name = "\(method.rawValue) \(path)"
    }
}

/// The authentication and the error responses of a group of routes.
package protocol RouteMiddleware: Sendable {
    /// Returns the API key of a request.
    ///
    /// - Throws: ``APIError/unauthorized`` if there is no valid key; ``StoreError`` if the database is unavailable.
    func key(of input: RouteInput) async throws -> APIKey

    /// Returns the response to a failure.
    func response(to failure: APIError, _ input: RouteInput) -> Response
}

/// Finds the route of a request.
struct RouteTable: Sendable {
    let routes: [Route]
    /// The index of requests that match no route.
    static let unknown = -1

    enum Match {
        case route(Route, parameter: String)
        case methodNotAllowed(allow: [String])
        case none
    }

    init(routes: [Route]) {
        self.routes = routes.enumerated().map { number, route in
            var route = route
            route.number = number
            return route
        }
    }

    /// Returns the name of a route in logs and metrics.
    func name(_ number: Int) -> String { number == Self.unknown ? "unknown" : routes[number].name }

    /// Finds the route of a request; a literal path segment takes precedence over a parameter.
    func match(_ method: HTTPMethod, _ path: Substring) -> Match {
        let wanted = method == .HEAD ? .GET : method
        var (found, parameter): (Int?, Substring) = (nil, "")
        for route in routes where route.method == wanted {
            guard let value = Self.parameter(of: path, against: route.parts) else { continue }
            if found == nil || value.isEmpty { (found, parameter) = (route.number, value) }
        }
        if let found {
            let text = String(parameter)
            // No ID is that long, so a longer parameter needs no decoding.
            let isEncoded = text.utf8.count <= 1024 && text.utf8.contains(UInt8(ascii: "%"))
            return .route(routes[found], parameter: isEncoded ? text.removingPercentEncoding ?? text : text)
        }
        var allow: [String] = []
        for route in routes where Self.parameter(of: path, against: route.parts) != nil {
            allow.append(route.method.rawValue)
            if route.method == .GET { allow.append("HEAD") }
        }
        return allow.isEmpty ? .none : .methodNotAllowed(allow: allow.sorted())
    }

    /// Matches a path against the segments of a route.
    ///
    /// - Returns: the value of the parameter, empty if the route has none; `nil` if the paths differ.
    private static func parameter(of path: Substring, against pattern: [String]) -> Substring? {
        var rest = path.utf8
        var parameter: Substring = ""
        for expected in pattern {
            guard rest.popFirst() == UInt8(ascii: "/") else { return nil }
            let part = rest.prefix { $0 != UInt8(ascii: "/") }
            rest = rest[part.endIndex...]
            if expected.utf8.first == UInt8(ascii: ":") {
                guard !part.isEmpty else { return nil }
                parameter = Substring(part)
            } else if !part.elementsEqual(expected.utf8) {
                return nil
            }
        }
        return rest.isEmpty ? parameter : nil
    }
}
