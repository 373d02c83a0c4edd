import Foundation
import NIOHTTP1
import SendLogCore
import SendLogHTTP

/// Finds the route of a request.
struct RouteTable: Sendable {
    let routes: [Route]
    /// The paths of the routes, in the same order: small values, since each request is compared with many of them.
    private let paths: [PathPattern]

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
        paths = routes.map { PathPattern($0) }
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
        var (found, parameter): (Int?, Range<Int>) = (nil, 0..<0)
        var path = path
        let allow = path.withUTF8 { path in
            for index in paths.indices where paths[index].method == requested {
                guard let range = paths[index].parameter(of: path) else { continue }
                if found == nil || range.isEmpty { (found, parameter) = (index, range) }
            }
            guard found == nil else { return [String]() }
            return paths.filter { $0.parameter(of: path) != nil }.flatMap { pattern in
                pattern.method == .GET ? ["GET", "HEAD"] : [pattern.method.rawValue]
            }
        }
        guard let found else { return allow.isEmpty ? .none : .methodNotAllowed(allow: allow.sorted()) }
        let text = String(decoding: path.utf8.dropFirst(parameter.lowerBound).prefix(parameter.count), as: UTF8.self)
        // No ID is that long, so a longer parameter needs no decoding.
        let isEncoded = text.utf8.count <= 1024 && text.utf8.contains(UInt8(ascii: "%"))
        return .route(routes[found], parameter: isEncoded ? text.removingPercentEncoding ?? text : text)
    }

    /// Returns a path that no route has, without doubled slashes and a slash at its end, if a route has that path.
    ///
    /// - Returns: the path below the base path; `nil` if there is no such route.
    func pathWithoutExtraSlashes(_ path: Substring, basePath: String) -> String? {
        // No path of a route is that long, except with an ID that is too long.
        guard path.utf8.count <= 256 else { return nil }
        let clean = "/\(path.split(separator: "/").joined(separator: "/"))"
        let below = HTTPRequest.path(clean[...], below: basePath) ?? clean[...]
        if case .none = match(.GET, below) { return nil }
        return String(below)
    }
}

/// The method and the path of a route.
private struct PathPattern {
    let method: HTTPMethod
    /// The segments; `nil` for a parameter.
    private let segments: [[UInt8]?]

    init(_ route: Route) {
        method = route.method
        segments = route.parts.map { $0.hasPrefix(":") ? nil : Array($0.utf8) }
    }

    /// Compares a path with the pattern.
    ///
    /// - Returns: the bytes of the last parameter, empty if the pattern has none; `nil` if the paths differ.
    func parameter(of path: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var (offset, parameter) = (0, 0..<0)
        for index in segments.indices {
            guard offset < path.count, path[offset] == UInt8(ascii: "/") else { return nil }
            offset += 1
            let start = offset
            while offset < path.count, path[offset] != UInt8(ascii: "/") { offset += 1 }
            if let literal = segments[index] {
                guard path[start..<offset].elementsEqual(literal) else { return nil }
            } else if start == offset {
                return nil
            } else {
                parameter = start..<offset
            }
        }
        return offset == path.count ? parameter : nil
    }
}
