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
        /// The index of a route, and the decoded value of its parameter.
        case route(Int, parameter: String)
        case methodNotAllowed(allow: [String])
        case none
    }

    init(routes: [Route]) {
        self.routes = routes
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
        var (found, parameter): (Int?, Range<Int>) = (nil, 0..<0)
        var path = path
        let allow = path.withUTF8 { path in
            let requested = PathPattern.number(of: method)
            let beginning = PathPattern.beginning(of: path)
            paths.withUnsafeBufferPointer { paths in
                for index in paths.indices where paths[index].method == requested {
                    guard let range = paths[index].parameter(of: path, beginningWith: beginning) else { continue }
                    if found == nil || range.isEmpty { (found, parameter) = (index, range) }
                }
            }
            guard found == nil else { return [String]() }
            return paths.indices.filter { paths[$0].parameter(of: path, beginningWith: beginning) != nil }.flatMap {
                routes[$0].method == .GET ? ["GET", "HEAD"] : [routes[$0].method.rawValue]
            }
        }
        guard let found else { return allow.isEmpty ? .none : .methodNotAllowed(allow: allow.sorted()) }
        let text = String(decoding: path.utf8.dropFirst(parameter.lowerBound).prefix(parameter.count), as: UTF8.self)
        // No ID is that long, so a longer parameter needs no decoding.
        let isEncoded = text.utf8.count <= 1024 && text.utf8.contains(UInt8(ascii: "%"))
        return .route(found, parameter: isEncoded ? text.removingPercentEncoding ?? text : text)
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
    /// The number of the method; see ``number(of:)``.
    let method: UInt8
    /// The first bytes of the path up to its first parameter, at most eight, and which bits of eight bytes they take.
    private let (beginning, mask): (UInt64, UInt64)
    /// The segments; `nil` for a parameter.
    private let segments: [[UInt8]?]

    init(_ route: Route) {
        method = Self.number(of: route.method)
        precondition(method != .max, "a route has a method without a number")
        segments = route.parts.map { $0.hasPrefix(":") ? nil : Array($0.utf8) }
        var literal: [UInt8] = []
        for segment in segments {
            literal.append(UInt8(ascii: "/"))
            guard let segment else { break }
            literal += segment
        }
        beginning = literal.withUnsafeBufferPointer { Self.beginning(of: $0) }
        mask = literal.count < 8 ? 1 << UInt64(8 * literal.count) - 1 : .max
    }

    /// Returns a number for a method, which is faster to compare than the method.
    ///
    /// HEAD has the number of GET, and all methods that no route has share one.
    static func number(of method: HTTPMethod) -> UInt8 {
        switch method {
        case .GET, .HEAD: 0
        case .POST: 1
        case .PUT: 2
        case .PATCH: 3
        case .DELETE: 4
        default: .max
        }
    }

    /// Returns the first eight bytes of a path as a number, the first one lowest; zeros follow a shorter path.
    static func beginning(of path: UnsafeBufferPointer<UInt8>) -> UInt64 {
        path.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Compares a path with the pattern.
    ///
    /// - Parameters:
    ///   - path: the path
    ///   - beginning: its first bytes; see ``beginning(of:)``
    /// - Returns: the bytes of the last parameter, empty if the pattern has none; `nil` if the paths differ.
    func parameter(of path: UnsafeBufferPointer<UInt8>, beginningWith beginning: UInt64) -> Range<Int>? {
        guard beginning & mask == self.beginning else { return nil }
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
