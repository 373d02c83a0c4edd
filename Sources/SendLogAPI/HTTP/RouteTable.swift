import Foundation
import NIOHTTP1
import SendLogCore

/// Finds the route of a request.
struct RouteTable: Sendable {
    let routes: [Route]

    enum Match {
        case route(Route, parameter: String)
        case methodNotAllowed(allow: [String])
        case none
    }

    init(routes: [Route]) {
        self.routes = routes.enumerated().map { number, route in
            var route = route
            route.index = number
            return route
        }
    }

    /// Returns the name of a route in logs and metrics.
    func name(_ number: Int) -> String {
        switch number {
        case Route.unknown: "unknown"
        case Route.preflight: "preflight"
        default: routes[number].name
        }
    }

    /// Finds the route of a request; a literal path segment takes precedence over a parameter.
    func match(_ method: HTTPMethod, _ path: Substring) -> Match {
        let requested = method == .HEAD ? .GET : method
        var (found, parameter): (Int?, Substring) = (nil, "")
        for route in routes where route.method == requested {
            guard let value = Self.parameter(of: path, against: route.parts) else { continue }
            if found == nil || value.isEmpty { (found, parameter) = (route.index, value) }
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
