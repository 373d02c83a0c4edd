import SendLogCore
import SendLogHTTP
import SendLogNetwork

/// The data about a request for its response, the log and the metrics.
struct RequestContext {
    let begin = ContinuousClock.now
    let now: Timestamp
    let id: String
    /// The address of the client; `nil` if the connection has none.
    let client: IPAddress?
    /// The header fields for pages of other origins; see ``CrossOriginPolicy``.
    var crossOriginFields: [ResponseHead.Field] = []
    var route = Route.unknown
    var organisation: OrganisationID?
    var key: APIKeyID?
    /// What the request did, once it is known.
    var event: RequestEvent?
    /// Whether the log only counts the request.
    var isUnlogged = false
}

extension RequestContext {
    /// Adds the key of the request.
    mutating func add(_ key: APIKey) { (organisation, self.key) = (key.organisation, key.id) }
}
