import NIOHTTP1
package import SendLogCore
package import SendLogHTTP

/// What a route is given.
package struct RouteInput: Sendable {
    package let request: HTTPRequest
    /// The request's body.
    package internal(set) var body: RequestBody
    /// What stands for the path's part that may be any text.
    package let parameter: String
    /// Where the request is handled; `nil` for the event loop.
    package internal(set) var executor: (any TaskExecutor)?
    /// The key of a route that asks for one.
    package var key: APIKey?
    package let now: Timestamp
    /// What the request is called in the log.
    package let requestID: String
    /// The longest body in bytes that the route takes.
    let longestBody: Int

    package init(
        request: HTTPRequest,
        parameter: String,
        key: APIKey? = nil,
        now: Timestamp,
        requestID: String = "",
        longestBody: Int = Int.max
    ) {
        (self.request, self.parameter, self.key, self.now) = (request, parameter, key, now)
        (self.requestID, self.longestBody) = (requestID, longestBody)
        body = request.body
    }

    /// What the client says of its key.
    var authorization: String? { request.field("authorization") }

    /// The organisation that the key belongs to.
    package func organisation() throws -> OrganisationID {
        guard let key else { throw APIError.internalError("a route needs a key and asks for none") }
        return key.organisation
    }
}
