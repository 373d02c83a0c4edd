import NIOHTTP1
import SendLogCore
import SendLogHTTP

/// What a route is given.
struct RouteInput {
    let request: HTTPRequest
    /// What stands for the path's part that may be any text.
    let parameter: String
    /// The key of a route that asks for one.
    var key: APIKey?
    let now: Timestamp
    /// The longest body in bytes that the route takes.
    var longestBody = Int.max

    /// What the client says of its key.
    var authorization: String? { request.headers.first(name: "authorization") }

    /// The organisation that the key belongs to.
    func organisation() throws -> OrganisationID {
        guard let key else { throw APIError.internalError("a route needs a key and asks for none") }
        return key.organisation
    }
}
