import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import Synchronization

/// Authenticates requests to the console, and renders its error pages.
final class ConsoleMiddleware: RouteMiddleware {
    private let store: any SessionStore & OrganisationStore
    let pages: Pages
    /// The names of organisations, cached without expiry because they never change.
    private let names = Mutex<[OrganisationID: String]>([:])

    init(store: any SessionStore & OrganisationStore, pages: Pages) {
        self.store = store
        self.pages = pages
    }

    /// Returns the current state of the signed-in key, so that a revocation or a sign-out takes effect at once.
    func key(of input: RouteInput) async throws -> APIKey {
        guard let token = Cookie.session.token(input.request) else { throw APIError.unauthorized }
        let key: APIKey
        do throws(StoreError) { key = try await store.sessionKey(token.hash, at: input.now) } catch {
            throw APIError.unauthorized.ifNotFound(error)
        }
        guard key.isValid(at: input.now) else { throw APIError.unauthorized }
        return key
    }

    /// Returns the signed-in user of a request.
    func user(_ input: RouteInput) async throws -> SignedInUser {
        guard let key = input.key, let token = Cookie.session.token(input.request) else { throw APIError.unauthorized }
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

    func response(to failure: APIError, _ input: RouteInput) -> Response {
        let request = input.request
        switch failure.status {
        case .unauthorized:
            // A browser sends no `SameSite=Strict` cookie for a link on another site. It sends the cookie when this
            // page reloads the address.
            if request.method == .GET, request.field("sec-fetch-site") == "cross-site" {
                let values: [String: Any] = ["refresh": true, "text": "Opening the page…"]
                return pages.response("message", title: "Loading", to: request, values)
            }
            return Pages.redirect(to: Self.signIn(backTo: request))
        case .notFound where request.path == "/":
            return Pages.redirect(to: "/console")
        default:
            let message = ErrorMessage(failure, request)
            var values: [String: Any] = ["text": message.text, "id": input.requestID]
            values["reload"] = message.reload
            values["recipient-lost"] = failure == .noRecipientLink
            values["sign-in"] = failure.status == .forbidden
            var response = pages.response("message", title: message.title, to: request, status: failure.status, values)
            if let seconds = failure.retryAfter { response.fields.append(("Retry-After", String(seconds))) }
            return response
        }
    }

    /// Returns the path of the sign-in page with a parameter for the page to return to.
    private static func signIn(backTo request: HTTPRequest) -> String {
        // The console's own links are shorter than 8 KiB.
        guard request.method == .GET, request.path != "/console", request.target.utf8.count <= 8192 else {
            return "/console/sign-in"
        }
        return "/console/sign-in?next=\(QueryString.encode(request.target))"
    }

    /// An error message that says what to do next.
    private struct ErrorMessage {
        var title = "Request failed"
        var text: String
        var reload: String?

        init(_ failure: APIError, _ request: HTTPRequest) {
            text = failure.sentence
            switch failure.status {
            case .notFound where failure == .noRecipientLink:
                title = "Link not valid"
            case .serviceUnavailable where failure == .noRecipientIndex:
                title = "Recipient search is off"
            case .forbidden:
                title = "Permission denied"
                text = "\(text) Ask your administrator for a key that has it, or sign in with another key."
            case .notFound:
                title = "Page not found"
                // The message for an unknown path is for clients of the API.
                if text.contains("/openapi.json") { text = "Check the address, or go back to the reports." }
            case .tooManyRequests, .serviceUnavailable:
                title = failure.status == .tooManyRequests ? "Too many requests" : "Temporarily unavailable"
                reload = request.method == .GET ? request.target : nil
            case .internalServerError:
                text = "Internal error. The server's log has the details under the request ID below."
            default: break
            }
        }
    }
}

extension APIError {
    /// The message as a sentence.
    var sentence: String {
        let end = message.hasSuffix(".") || message.hasSuffix("?") ? "" : "."
        return "\(message.prefix(1).uppercased())\(message.dropFirst())\(end)"
    }
}
