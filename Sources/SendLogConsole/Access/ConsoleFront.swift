import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import Synchronization

/// Who may look at the console, and how it says that something is not to be had.
final class ConsoleFront: Front {
    private let store: any Store
    let pages: Pages
    /// The names of organisations, which never change.
    private let names = Mutex<[OrganisationID: String]>([:])

    init(store: any Store, pages: Pages) {
        self.store = store
        self.pages = pages
    }

    /// The key that is signed in, as it is at this moment: whoever revoked it, or signed out, anywhere, is out.
    func key(of input: RouteInput) async throws -> APIKey {
        guard let token = Cookie.session.value(input.request).flatMap({ SessionToken($0) }) else {
            throw APIError.unauthorized
        }
        let key: APIKey
        do throws(StoreError) { key = try await store.sessionKey(token.hash, at: input.now) } catch {
            throw APIError.unauthorized.ifNotFound(error)
        }
        guard key.isValid(at: input.now) else { throw APIError.unauthorized }
        return key
    }

    /// Who asks for a page.
    func visitor(_ input: RouteInput) async throws -> Visitor {
        guard let key = input.key, let token = Cookie.session.value(input.request).flatMap({ SessionToken($0) }) else {
            throw APIError.unauthorized
        }
        let known = names.withLock { $0[key.organisation] }
        let organisation: String
        if let known {
            organisation = known
        } else {
            organisation = try await store.organisation(key.organisation).name.description
            names.withLock { $0[key.organisation] = organisation }
        }
        return Visitor(
            key: key,
            organisation: organisation,
            formToken: token.formToken,
            zone: ViewerZone(input.request),
            origin: input.request.origin
        )
    }

    func answer(to failure: APIError, _ input: RouteInput) -> Answer {
        let request = input.request
        switch failure.status {
        case .unauthorized:
            // A link on another site brings no strict cookie; the same page asked for by a page of ours does.
            if request.method == .GET, request.field("sec-fetch-site") == "cross-site" {
                return pages.answer(
                    "message",
                    title: "One moment",
                    to: request,
                    visitor: nil,
                    ["refresh": true, "text": "Opening the page…"]
                )
            }
            return Pages.redirect(to: Self.signIn(backTo: request))
        case .notFound where request.path == "/":
            return Pages.redirect(to: "/console")
        default:
            let words = Words(failure, request)
            var values: [String: Any] = ["text": words.text, "id": input.requestID]
            values["reload"] = words.reload
            values["sign-in"] = failure.status == .forbidden
            var answer = pages.answer(
                "message",
                title: words.title,
                to: request,
                visitor: nil,
                status: failure.status,
                values
            )
            if let seconds = failure.retryAfter { answer.fields.append(("Retry-After", String(seconds))) }
            return answer
        }
    }

    /// Where to sign in, and come back from to the page that was asked for.
    private static func signIn(backTo request: HTTPRequest) -> String {
        guard request.method == .GET, request.path != "/console" else { return "/console/sign-in" }
        let page = "\(request.path)\(request.query.map { "?\($0)" } ?? "")"
        // No link of the console is as long.
        guard page.utf8.count <= 8192 else { return "/console/sign-in" }
        return "/console/sign-in?next=\(QueryString.encode(page))"
    }

    /// A failure in words that say what to do next.
    private struct Words {
        var title = "That did not work"
        var text: String
        var reload: String?

        init(_ failure: APIError, _ request: HTTPRequest) {
            text = failure.message.prefix(1).uppercased() + failure.message.dropFirst() + "."
            switch failure.status {
            case .forbidden:
                title = "This key does not open that"
                text =
                    "\(text) Ask whoever gave you the key for one that has it, or sign in with another key."
            case .notFound: title = "There is no such page"
            case .tooManyRequests, .serviceUnavailable:
                title = "Not just now"
                reload = request.method == .GET ? "\(request.path)\(request.query.map { "?\($0)" } ?? "")" : nil
            case .internalServerError:
                text = "Something went wrong on our side. The log of the server tells more under the number below."
            default: break
            }
        }
    }
}
