import NIOHTTP1
import SendLogHTTP

/// Decides which pages of other origins may use the API in a browser
/// (<https://fetch.spec.whatwg.org/#http-cors-protocol>).
///
/// A page that is not allowed gets the same responses without the headers, and the browser keeps them from it.
struct CrossOriginPolicy: Sendable {
    private let allowedOrigins: Set<String>

    /// The headers of requests that a page may set.
    private static let requestHeaders = [
        "Authorization", "X-Api-Key", "Content-Type", "Content-Encoding", "Idempotency-Key", "X-Request-Id",
        "If-None-Match",
    ].joined(separator: ", ")

    /// The headers of responses that a page may read.
    private static let responseHeaders = [
        "X-Request-Id", "Location", "Retry-After", "Allow", "Accept-Encoding", "WWW-Authenticate", "ETag",
        "Content-Disposition", "Idempotency-Replayed", "X-Sendlog-Total", "X-Sendlog-As-Of",
    ].joined(separator: ", ")

    /// The number of seconds for which a browser may cache the response to a preflight; Chromium's maximum.
    private static let preflightLifetime = 7200

    /// Creates a policy for a list of origins, or of `*` for all; `nil` if none is allowed.
    init?(_ allowedOrigins: [String]) {
        guard !allowedOrigins.isEmpty else { return nil }
        self.allowedOrigins = Set(allowedOrigins)
    }

    /// Returns the header fields of the response to a request of the API.
    ///
    /// Credentials are never allowed: the API has no cookies.
    func fields(for request: HTTPRequest) -> [ResponseHead.Field] {
        // A cache must not give a response without these headers to an allowed page.
        let vary: ResponseHead.Field = ("Vary", "Origin")
        guard let origin = allowedOrigin(of: request) else { return [vary] }
        return [
            vary, ("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", Self.responseHeaders),
        ]
    }

    /// Returns whether a request asks, before the actual request, what a page of an allowed origin may send.
    func isAllowedPreflight(_ request: HTTPRequest) -> Bool {
        request.method == .OPTIONS && request.field("access-control-request-method") != nil
            && allowedOrigin(of: request) != nil
    }

    /// Returns the response to a preflight for a path that accepts some methods.
    func preflightResponse(methods: [String]) -> Response {
        var response = Response(status: .noContent)
        response.fields = [
            ("Access-Control-Allow-Methods", methods.joined(separator: ", ")),
            ("Access-Control-Allow-Headers", Self.requestHeaders),
            ("Access-Control-Max-Age", String(Self.preflightLifetime)),
        ]
        return response
    }

    private func allowedOrigin(of request: HTTPRequest) -> String? {
        request.field("origin").flatMap { allowedOrigins.isDisjoint(with: [$0, "*"]) ? nil : $0 }
    }
}
