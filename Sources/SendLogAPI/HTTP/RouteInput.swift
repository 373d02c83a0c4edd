import NIOHTTP1
package import SendLogCore
package import SendLogHTTP

/// The input of a route's handler.
package struct RouteInput: Sendable {
    package let request: HTTPRequest
    /// The request's body.
    package internal(set) var body: RequestBody
    /// Whether ``body`` was read before, and its `Content-Encoding` removed.
    var isBodyInflated = false
    /// The ID for what the request creates, if the request has an `Idempotency-Key`; see ``IdempotencyState/started(reserved:)``.
    var reservedID: SendLogID?
    /// The decoded value of the path's parameter.
    package let parameter: String
    /// The executor that handles the request; `nil` for the event loop.
    package internal(set) var executor: (any TaskExecutor)?
    /// The API key, if the route requires one.
    package var key: APIKey?
    /// The time of the request.
    package let now: Timestamp
    /// The request ID, which appears in the log.
    package let requestID: String
    /// The maximum length of the body in bytes.
    let maxBodyLength: Int

    /// Creates the input for a request.
    ///
    /// - Parameters:
    ///   - request: the request, whose body is the ``body`` at first
    ///   - parameter: the decoded value of the path's parameter; empty if it has none
    ///   - key: the API key, if the route requires one
    ///   - now: the time of the request
    ///   - requestID: the request ID, which appears in the log
    ///   - maxBodyLength: the maximum length of the body in bytes
    package init(
        request: HTTPRequest,
        parameter: String,
        key: APIKey? = nil,
        now: Timestamp,
        requestID: String = "",
        maxBodyLength: Int = Int.max
    ) {
        (self.request, self.parameter, self.key, self.now) = (request, parameter, key, now)
        (self.requestID, self.maxBodyLength) = (requestID, maxBodyLength)
        body = request.body
    }

    /// The value of the `Authorization` header.
    var authorization: String? { request.field("authorization") }
}
