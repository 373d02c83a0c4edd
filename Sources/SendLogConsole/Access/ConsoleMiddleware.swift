import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices
import Synchronization

/// Authenticates requests to the console, and renders its error pages.
final class ConsoleMiddleware: RouteMiddleware {
    private let store: any SessionStore & OrganisationStore
    private let authenticator: Authenticator
    let pages: Pages
    /// The names of organisations, cached without expiry because they never change.
    private let names = Mutex<[OrganisationID: String]>([:])

    init(store: any SessionStore & OrganisationStore, authenticator: Authenticator, pages: Pages) {
        self.store = store
        self.authenticator = authenticator
        self.pages = pages
    }

    /// Returns the current state of the signed-in key, so that a revocation or a sign-out takes effect at once.
    func key(of input: RouteInput) async throws -> APIKey {
        guard let cookie = SessionCookie(input.request) else { throw APIError.unauthorized }
        let stored: APIKey
        do throws(StoreError) {
            stored = try await store.sessionKey(cookie.token.hash, in: cookie.organisation, at: input.now)
        } catch {
            throw APIError.unauthorized.ifNotFound(error)
        }
        let key = authenticator.current(stored)
        guard key.isValid(at: input.now) else { throw APIError.unauthorized }
        return key
    }

    /// Returns the signed-in user of a request.
    func user(_ input: RouteInput) async throws -> SignedInUser {
        guard let key = input.key, let token = SessionCookie(input.request)?.token else { throw APIError.unauthorized }
        let organisation: String
        if let known = names.withLock({ $0[key.organisation] }) {
            organisation = known
        } else {
            organisation = try await store.organisation(key.organisation).name.description
            names.withLock { $0[key.organisation] = organisation }
        }
        return SignedInUser(
            key: key,
            organisation: organisation,
            csrfToken: token.csrfToken,
            zone: UserTimeZone(input.request),
            serverAddress: input.request.publicAddress
        )
    }

    func response(to failure: APIError, _ input: RouteInput) async -> Response {
        let request = input.request
        switch failure.status {
        case .unauthorized:
            // A browser sends no `SameSite=Strict` cookie for a link on another site. It sends the cookie when this
            // page reloads the address.
            if request.method == .GET, request.field("sec-fetch-site") == "cross-site" {
                let values: [String: Any] = ["refresh": true, "text": "Opening the page…"]
                return pages.response("message", title: "Loading", to: request, values)
            }
            return Pages.redirect(to: SignIn.path(backTo: request))
        case .notFound where request.path == "/":
            return Pages.redirect(to: "/console")
        default:
            let message = ErrorMessage(failure, request, at: input.now)
            return errorPage(message, failure, input, await user(of: input, after: failure))
        }
    }

    /// Returns the signed-in user of a request that failed; `nil` without one, or if the store cannot be read.
    private func user(of input: RouteInput, after failure: APIError) async -> SignedInUser? {
        var input = input
        if failure.status == .serviceUnavailable {
            // Another query to an unavailable database would delay the page.
            guard let key = input.key, names.withLock({ $0[key.organisation] != nil }) else { return nil }
        } else if input.key == nil {
            input.key = try? await key(of: input)
        }
        return try? await user(input)
    }

    /// Renders an error page, with the navigation for a signed-in user.
    private func errorPage(
        _ message: ErrorMessage,
        _ failure: APIError,
        _ input: RouteInput,
        _ user: SignedInUser?
    ) -> Response {
        var values: [String: Any] = ["text": message.text, "id": input.requestID]
        let section = user?.sections.first { "\(input.request.path)/".hasPrefix("\($0.path)/") }
        values["step"] = message.step.map { ["label": $0.label, "path": $0.path] }
        if let section, section.path != message.step?.path {
            values["section"] = ["label": section.title, "path": section.path]
        }
        var response = pages.response(
            "message",
            title: message.title,
            to: input.request,
            user: user,
            status: failure.status,
            values
        )
        if let seconds = failure.retryAfter { response.fields.append(("Retry-After", String(seconds))) }
        return response
    }
}
