import Foundation
package import NIOHTTP1
package import SendLogCore

/// A method and a path, and the handler of their requests.
///
/// A class, since each request passes it on several times.
package final class Route: Sendable {
    let method: HTTPMethod
    /// The path's segments; a segment that begins with a colon is a parameter.
    let parts: [String]
    /// The permission that the key must have; `nil` if none is required.
    let permission: Permission?
    /// Whether the route requires no API key.
    let isPublic: Bool
    /// Authenticates requests and renders failures; `nil` for the default of the API.
    let middleware: (any RouteMiddleware)?
    /// The rule for the query string; `nil` for the pages of the console, which check it themselves.
    let query: QueryRule?
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
    /// The index in logs and metrics for requests that match no route.
    static let unknown = -1
    /// The index in logs and metrics for the preflights of browsers; see ``CrossOriginPolicy``.
    static let preflight = -2

    /// Creates a route.
    ///
    /// - Parameters:
    ///   - method: the method; a route for GET also serves HEAD
    ///   - path: the path pattern, such as `/send-logs/:send_id`
    ///   - permission: the permission that the key must have; `nil` if none is required
    ///   - isPublic: whether the route requires no API key; `nil` for whether it needs no permission
    ///   - middleware: authenticates requests and renders failures; `nil` for the default of the API
    ///   - query: the rule for the query string; `[]` refuses all parameters, `nil` accepts all; without effect if there
    ///     is a middleware, whose routes check it themselves
    ///   - maxBodyLength: the maximum length of the body in bytes
    ///   - runsOnEventLoop: returns whether to handle a request on the event loop
    ///   - handleSynchronously: handles a request without suspending; returns `nil` if the request must wait
    ///   - handle: handles all other requests
    package init(
        _ method: HTTPMethod,
        _ path: String,
        permission: Permission? = nil,
        isPublic: Bool? = nil,
        middleware: (any RouteMiddleware)? = nil,
        query: QueryRule? = [],
        maxBodyLength: Int = .max,
        runsOnEventLoop: @escaping @Sendable (RouteInput) -> Bool = { _ in false },
        handleSynchronously: (@Sendable (RouteInput) throws -> Response?)? = nil,
        handle: @escaping Handler
    ) {
        (self.method, self.middleware, self.maxBodyLength) = (method, middleware, maxBodyLength)
        self.query = middleware == nil ? query : nil
        parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        self.permission = permission
        self.isPublic = isPublic ?? (permission == nil)
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
    ///
    /// `input` has the key if it was found before the failure.
    func response(to failure: APIError, _ input: RouteInput) async -> Response
}
