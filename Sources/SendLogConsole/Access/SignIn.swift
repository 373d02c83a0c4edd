import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The pages to sign in with an API key, to sign out and to choose a time zone, and the start page, which redirects.
struct SignIn: Sendable {
    let store: any Store
    let authenticator: Authenticator
    let middleware: ConsoleMiddleware
    /// The lifetime of a session, in seconds.
    let lifetime: Int
    /// The maximum size of a form's body, in bytes.
    static let maxFormLength = 65_536

    var routes: [Route] {
        [
            Route(.GET, "/console", isPublic: false, middleware: middleware) { input in
                let user = try await middleware.user(input)
                let first = SignedInUser.Section.allCases.first(where: user.mayOpen)
                guard let first else { throw APIError.permissionDenied(.readSendLogs) }
                return Pages.redirect(to: first.path)
            },
            Route(.GET, "/console/sign-in", middleware: middleware) { show($0.request) },
            Route(.POST, "/console/sign-in", middleware: middleware, maxBodyLength: Self.maxFormLength, handle: signIn),
            Route(
                .POST,
                "/console/sign-out",
                middleware: middleware,
                maxBodyLength: Self.maxFormLength,
                handle: signOut
            ),
            Route(.GET, "/console/time-zone", isPublic: false, middleware: middleware, handle: showZone),
            Route(
                .POST,
                "/console/time-zone",
                isPublic: false,
                middleware: middleware,
                maxBodyLength: Self.maxFormLength,
                handle: setZone
            ),
        ]
    }

    /// Returns the page to open after sign-in.
    ///
    /// Only pages of the console are accepted, without characters that could end the header line.
    private static func next(_ text: String?) -> String {
        guard let text, text.hasPrefix("/console/"), !text.hasPrefix("/console/sign-"), !text.contains("/.."),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") })
        else { return "/console" }
        return text
    }

    private func show(_ request: HTTPRequest, problem: String? = nil, next: String? = nil) -> Response {
        let token = Cookie.form.value(request).flatMap { SessionToken($0) } ?? SessionToken()
        var values: [String: Any] = [
            "form-token": token.csrfToken,
            "next": Self.next(next ?? QueryString(request.query)["next"]),
        ]
        values["problem"] = problem
        var response = middleware.pages.response(
            "sign-in",
            title: "Sign in",
            to: request,
            user: nil,
            status: problem == nil ? .ok : .badRequest,
            values
        )
        response.fields.append(Cookie.form.header(token.text, for: 86_400, request))
        return response
    }

    @Sendable private func signIn(_ input: RouteInput) async throws -> Response {
        let form = try await Form(input)
        guard let token = Cookie.form.value(input.request).flatMap({ SessionToken($0) }),
            form.hasToken(for: token.csrfToken)
        else {
            let handling = authenticator.authenticationFailures.note(input.request.client, hasKey: false)
            var response = show(
                input.request,
                problem: "The form has expired, or the browser blocks cookies. Allow cookies and try again.",
                next: form["next"]
            )
            response.isUnlogged = !handling.isLogged
            return response
        }
        let text = form["key"].trimmingCharacters(in: .whitespacesAndNewlines)
        let key: APIKey
        do {
            key = try await authenticator.key(authorization: "Bearer \(text)", at: input.now)
        } catch let error as APIError where error.status == .unauthorized {
            let handling = authenticator.authenticationFailures.note(input.request.client)
            if let delay = handling.delay { try await Task.sleep(for: delay) }
            let problem =
                text.isEmpty
                ? "Enter an API key." : "Invalid API key: it may be mistyped, expired or revoked."
            var response = show(input.request, problem: problem, next: form["next"])
            response.isUnlogged = !handling.isLogged
            return response
        }
        // Ends the browser's earlier session.
        if let former = Cookie.session.value(input.request).flatMap({ SessionToken($0) }) {
            try await store.endSession(former.hash)
        }
        let session = SessionToken()
        let end = Timestamp(milliseconds: input.now.milliseconds + Int64(lifetime) * 1000) ?? .latest
        try await store.createSession(session.hash, of: key.id, at: input.now, until: end)
        var response = Pages.redirect(to: Self.next(form["next"]))
        response.fields.append(Cookie.session.header(session.text, for: lifetime, input.request))
        response.fields.append(Cookie.form.header("", for: 0, input.request))
        if Cookie.zone.value(input.request) == nil, let zone = UserTimeZone(form["zone"]) {
            response.fields.append(Self.cookie(zone, input.request))
        }
        return response
    }

    @Sendable private func signOut(_ input: RouteInput) async throws -> Response {
        let form = try await Form(input)
        if let token = Cookie.session.value(input.request).flatMap({ SessionToken($0) }) {
            guard form.hasToken(for: token.csrfToken) else { throw Form.invalidToken }
            try await store.endSession(token.hash)
        }
        var response = Pages.redirect(to: "/console/sign-in")
        response.fields.append(Cookie.session.header("", for: 0, input.request))
        return response
    }

    private static func cookie(_ zone: UserTimeZone, _ request: HTTPRequest) -> ResponseHead.Field {
        Cookie.zone.header(QueryString.encode(zone.name), for: 31_536_000, request)
    }

    @Sendable private func showZone(_ input: RouteInput) async throws -> Response {
        try await showZone(input, problem: nil)
    }

    private func showZone(_ input: RouteInput, problem: String?) async throws -> Response {
        let user = try await middleware.user(input)
        let names = UserTimeZone.names.filter { $0 != "UTC" && $0 != "GMT" }
        var values: [String: Any] = [
            "zones": Set(["UTC", user.zone.name] + names).sorted().map { name in
                ["name": name, "selected": name == user.zone.name ? "selected" : ""]
            },
            "next": Self.next(QueryString(input.request.query)["next"] ?? input.request.referrer),
        ]
        values["problem"] = problem
        return middleware.pages.response(
            "time-zone",
            title: "Time zone",
            to: input.request,
            user: user,
            status: problem == nil ? .ok : .badRequest,
            values
        )
    }

    @Sendable private func setZone(_ input: RouteInput) async throws -> Response {
        let form = try await Form(input, of: middleware.user(input))
        guard let zone = UserTimeZone(form["zone"]) else {
            return try await showZone(input, problem: "Unknown time zone. Choose one from the list.")
        }
        var response = Pages.redirect(to: Self.next(form["next"]))
        response.fields.append(Self.cookie(zone, input.request))
        return response
    }
}
