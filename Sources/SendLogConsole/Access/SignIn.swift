import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// The pages to sign in with an API key and to sign out, and the start page, which redirects.
struct SignIn: Sendable {
    let store: any SessionStore
    let authenticator: Authenticator
    let middleware: ConsoleMiddleware
    /// The lifetime of a session, in seconds.
    let lifetime: Int

    var routes: [Route] {
        [
            middleware.get("/console", []) { request in
                guard let first = request.user.sections.first else { throw APIError.permissionDenied(.readSendLogs) }
                return Pages.redirect(to: first.path)
            },
            middleware.open(.GET, "/console/sign-in", query: ["next"]) { show($0.request) },
            middleware.open(.POST, "/console/sign-in", handle: signIn),
            middleware.open(.POST, "/console/sign-out", handle: signOut),
        ]
    }

    /// Returns the path of the sign-in page with a parameter for the page to return to.
    static func path(backTo request: HTTPRequest) -> String {
        // The console's own links are shorter than 8 KiB.
        guard request.method == .GET, request.path != "/console", request.target.utf8.count <= 8192 else {
            return "/console/sign-in"
        }
        return "/console/sign-in?next=\(QueryString.encode(request.target))"
    }

    private func show(_ request: HTTPRequest, problem: String? = nil, next: String? = nil) -> Response {
        let token = Cookie.form.token(request) ?? SessionToken()
        var values: [String: Any] = [
            "form-token": token.csrfToken,
            "next": ReturnPath.valid(next ?? QueryString(request.query)["next"], below: request.basePath),
        ]
        values["problem"] = problem
        let status: HTTPResponseStatus = problem == nil ? .ok : .badRequest
        var response = middleware.pages.response("sign-in", title: "Sign in", to: request, status: status, values)
        response.fields.append(Cookie.form.header(token.text, for: 86_400, request))
        return response
    }

    @Sendable private func signIn(_ input: RouteInput) async throws -> Response {
        let form = try await Form(input)
        guard let token = Cookie.form.token(input.request), form.hasToken(for: token.csrfToken) else {
            let handling = authenticator.authenticationFailures.record(input.request.client, hasKey: false)
            let problem = "The form has expired, or the browser blocks cookies. Allow cookies and try again."
            var response = show(input.request, problem: problem, next: form["next"])
            response.isUnlogged = !handling.isLogged
            response.event = .signInFailed("form expired")
            return response
        }
        let text = PastedKey.key(in: form["key"])
        let key: APIKey
        do {
            key = try await authenticator.key(authorization: "Bearer \(text)", at: input.now)
        } catch ServiceError.unauthorized {
            let handling = authenticator.authenticationFailures.record(input.request.client)
            if let delay = handling.delay { try await Task.sleep(for: delay) }
            let invalid = "Invalid API key: it may be mistyped, expired or revoked."
            let problem = text.isEmpty ? "Enter an API key." : invalid
            var response = show(input.request, problem: problem, next: form["next"])
            response.isUnlogged = !handling.isLogged
            response.event = .signInFailed("invalid key")
            return response
        }
        // Ends the browser's earlier session. If its organisation is unavailable, it ends when it expires: no browser has
        // its token any more.
        if let former = SessionCookie(input.request) {
            try? await store.endSession(former.token.hash, in: former.organisation)
        }
        let session = SessionCookie(SessionToken(), of: key.organisation)
        let end = Timestamp(milliseconds: input.now.milliseconds + Int64(lifetime) * 1000) ?? .latest
        try await store.createSession(
            session.token.hash,
            of: key.id,
            in: key.organisation,
            at: input.now,
            until: end
        )
        var response = Pages.redirect(to: ReturnPath.valid(form["next"], below: input.request.basePath))
        response.fields.append(Cookie.session.header(session.text, for: lifetime, input.request))
        response.fields.append(Cookie.form.header("", for: 0, input.request))
        if Cookie.zone.value(input.request) == nil, let zone = UserTimeZone(form["zone"]) {
            response.fields.append(zone.cookie(for: input.request))
        }
        response.event = .signedIn(with: key)
        return response
    }

    @Sendable private func signOut(_ input: RouteInput) async throws -> Response {
        let form = try await Form(input)
        var response = Pages.redirect(to: "/console/sign-in")
        if let cookie = SessionCookie(input.request) {
            guard form.hasToken(for: cookie.token.csrfToken) else { throw Form.invalidToken }
            let (hash, organisation) = (cookie.token.hash, cookie.organisation)
            let key: APIKey?
            do throws(StoreError) { key = try await store.sessionKey(hash, in: organisation, at: input.now) } catch {
                guard case .notFound = error else { throw error }
                key = nil
            }
            // A cookie that anybody can invent writes nothing.
            if let key {
                try await store.endSession(hash, in: organisation)
                response.event = .signedOut(key)
            }
        }
        response.fields.append(Cookie.session.header("", for: 0, input.request))
        return response
    }
}
