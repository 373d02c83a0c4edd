import Foundation
import HTTPTypes
import HummingbirdCore
import SendLogCore

/// One thing that the service can be asked for.
struct Route: Sendable {
    let method: HTTPRequest.Method
    /// The path's parts; one that begins with a colon stands for any text.
    let parts: [String]
    /// What a key must allow, or `nil` where no key is asked for.
    let permission: Permission?
    /// The longest body in bytes that it takes.
    let longestBody: Int
    let handle: Handler

    /// Does what a route is for.
    typealias Handler = @Sendable @concurrent (RouteInput) async throws -> Answer

    /// What the route is called in logs and metrics: no ids, however many there are.
    let name: String

    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        permission: Permission? = nil,
        longestBody: Int = .max,
        handle: @escaping Handler
    ) {
        self.method = method
        parts = RouteTable.parts(of: path[...])
        self.permission = permission
        self.longestBody = longestBody
        self.handle = handle
        name = "\(method.rawValue) \(path)"
    }
}

/// Finds the route of a request.
struct RouteTable: Sendable {
    let routes: [Route]

    enum Match {
        case route(Route, parameter: String)
        case wrongMethod(allow: [String])
        case none
    }

    /// A part that a route names goes before one that may be any text.
    func match(_ method: HTTPRequest.Method, _ path: Substring) -> Match {
        let parts = Self.parts(of: path)
        let wanted = method == .head ? .get : method
        var (found, parameter): (Route?, String) = (nil, "")
        var allow: [String] = []
        for route in routes {
            guard let value = Self.parameter(of: parts, against: route.parts) else { continue }
            allow.append(route.method.rawValue)
            if route.method == .get { allow.append("HEAD") }
            if route.method == wanted, found == nil || value.isEmpty { (found, parameter) = (route, value) }
        }
        if let found { return .route(found, parameter: parameter) }
        return allow.isEmpty ? .none : .wrongMethod(allow: allow.sorted())
    }

    static func parts(of path: Substring) -> [String] {
        path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    }

    /// - Returns: what stands for the part that may be any text, empty where there is none; `nil` where the paths differ.
    private static func parameter(of parts: [String], against pattern: [String]) -> String? {
        guard parts.count == pattern.count else { return nil }
        var parameter = ""
        for (part, expected) in zip(parts, pattern) {
            if expected.hasPrefix(":") {
                guard !part.isEmpty else { return nil }
                parameter = part.contains("%") ? part.removingPercentEncoding ?? part : part
            } else if part != expected {
                return nil
            }
        }
        return parameter
    }
}
