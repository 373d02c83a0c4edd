import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// A request of a signed-in user.
struct UserRequest {
    let input: RouteInput
    let user: SignedInUser
    let pages: Pages

    /// The user's organisation.
    var organisation: OrganisationID { user.key.organisation }
    /// The parameters of the request's query.
    var query: QueryString { QueryString(input.request.query) }

    /// Renders a page from a template, by default with the title of its section.
    ///
    /// The status is 400 if the page reports invalid input, and otherwise 200, unless another one is given.
    func page(
        _ name: String,
        section: SignedInUser.Section? = nil,
        title: String? = nil,
        isInvalid: Bool = false,
        status: HTTPResponseStatus = .ok,
        _ values: [String: Any]
    ) -> Response {
        pages.response(
            name,
            title: title ?? section?.title ?? "",
            to: input.request,
            user: user,
            section: section,
            status: isInvalid ? .badRequest : status,
            values
        )
    }
}
