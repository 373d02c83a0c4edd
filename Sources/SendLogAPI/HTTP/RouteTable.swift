import Foundation
package import NIOHTTP1
package import SendLogCore

/// One thing that the service can be asked for.
package struct Route: Sendable {
    let method: HTTPMethod
    /// The path's parts; one that begins with a colon stands for any text.
    let parts: [String]
    /// What a key must allow, or `nil` where it need not allow anything.
    let permission: Permission?
    /// Whether no key is asked for.
    let isOpen: Bool
    /// How keys are brought and failures are told; `nil` for as the API has it.
    let front: (any Front)?
    /// The longest body in bytes that it takes.
    let longestBody: Int
    /// Whether a request is handled on the event loop, since that takes far less than a millisecond; otherwise a worker handles it.
    let isShort: @Sendable (RouteInput) -> Bool
    let handle: Handler
    /// Does the same where nothing must be waited for, and answers `nil` where something must.
    let handleAtOnce: (@Sendable (RouteInput) throws -> Answer?)?

    /// For ``isShort`` of a route whose requests are all short.
    package static let always: @Sendable (RouteInput) -> Bool = { _ in true }

    /// Does what a route is for.
    package typealias Handler = @Sendable (RouteInput) async throws -> Answer

    /// What the route is called in logs and metrics: no ids, however many there are.
    let name: String
    /// Its place in the table.
    fileprivate(set) var number = RouteTable.unknown

    package init(
        _ method: HTTPMethod,
        _ path: String,
        permission: Permission? = nil,
        isOpen: Bool? = nil,
        front: (any Front)? = nil,
        longestBody: Int = .max,
        isShort: @escaping @Sendable (RouteInput) -> Bool = { _ in false },
        handleAtOnce: (@Sendable (RouteInput) throws -> Answer?)? = nil,
        handle: @escaping Handler
    ) {
        self.method = method
        parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        self.permission = permission
        self.isOpen = isOpen ?? (permission == nil)
        self.front = front
        self.longestBody = longestBody
        self.isShort = isShort
        self.handleAtOnce = handleAtOnce
        self.handle = handle
        name = "\(method.rawValue) \(path)"
    }
}

/// The manners of a group of routes: how a key is brought, and how failures are told.
package protocol Front: Sendable {
    /// The key that a request brings.
    ///
    /// - Throws: ``APIError/unauthorized`` for none; ``StoreError`` where the database cannot say.
    func key(of input: RouteInput) async throws -> APIKey

    /// Tells a failure.
    func answer(to failure: APIError, _ input: RouteInput) -> Answer
}

/// Finds the route of a request.
struct RouteTable: Sendable {
    let routes: [Route]
    /// Stands for a request that no route takes.
    static let unknown = -1

    enum Match {
        case route(Route, parameter: String)
        case wrongMethod(allow: [String])
        case none
    }

    init(routes: [Route]) {
        self.routes = routes.enumerated().map { number, route in
            var route = route
            route.number = number
            return route
        }
    }

    /// What a route is called in logs and metrics.
    func name(_ number: Int) -> String { number == Self.unknown ? "unknown" : routes[number].name }

    /// A part that a route names goes before one that may be any text.
    func match(_ method: HTTPMethod, _ path: Substring) -> Match {
        let wanted = method == .HEAD ? .GET : method
        var (found, parameter): (Int?, Substring) = (nil, "")
        for route in routes where route.method == wanted {
            guard let value = Self.parameter(of: path, against: route.parts) else { continue }
            if found == nil || value.isEmpty { (found, parameter) = (route.number, value) }
        }
        if let found {
            let text = String(parameter)
            // No id is as long; what is longer is none in any notation.
            let isEncoded = text.utf8.count <= 1024 && text.utf8.contains(UInt8(ascii: "%"))
            return .route(routes[found], parameter: isEncoded ? text.removingPercentEncoding ?? text : text)
        }
        var allow: [String] = []
        for route in routes where Self.parameter(of: path, against: route.parts) != nil {
            allow.append(route.method.rawValue)
            if route.method == .GET { allow.append("HEAD") }
        }
        return allow.isEmpty ? .none : .wrongMethod(allow: allow.sorted())
    }

    /// - Returns: what stands for the part that may be any text, empty where there is none; `nil` where the paths differ.
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
