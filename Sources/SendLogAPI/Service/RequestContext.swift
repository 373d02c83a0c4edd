import SendLogCore
import SendLogHTTP

/// The data about a request for its response, the log and the metrics.
struct RequestContext {
    let begin = ContinuousClock.now
    let now: Timestamp
    let id: String
    /// The header fields for pages of other origins; see ``CrossOriginPolicy``.
    var crossOriginFields: [ResponseHead.Field] = []
    var route = Route.unknown
    var organisation: OrganisationID?
    /// Whether the log only counts the request.
    var isUnlogged = false
}
