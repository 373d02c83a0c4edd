import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// Signing in with a key, and out again.
struct SignIn: Sendable {
    let store: any Store
    let authenticator: Authenticator
    let front: ConsoleFront
    /// How long one stays signed in, in seconds.
    let lifetime: Int
    /// The longest body of a form in bytes.
    static let longestForm = 65_536

    var routes: [Route] {
        [
            Route(.GET, "/console", isOpen: false, front: front) { input in
                let visitor = try await front.visitor(input)
                let first = Visitor.Section.allCases.first(where: visitor.mayOpen)
                guard let first else { throw APIError.permissionDenied(.readSendLogs) }
                return Pages.redirect(to: first.path)
            },
            Route(.GET, "/console/sign-in", front: front) { show($0.request) },
            Route(.POST, "/console/sign-in", front: front, longestBody: Self.longestForm, handle: signIn),
            Route(.POST, "/console/sign-out", front: front, longestBody: Self.longestForm, handle: signOut),
            Route(.GET, "/console/time-zone", isOpen: false, front: front, handle: showZone),
            Route(
                .POST,
                "/console/time-zone",
                isOpen: false,
                front: front,
                longestBody: Self.longestForm,
                handle: setZone
            ),
        ]
    }

    /// A page of the console's own, whatever a link says: no other site, and nothing that ends a header's line.
    private static func next(_ text: String?) -> String {
        guard let text, text.hasPrefix("/console/"), !text.hasPrefix("/console/sign-"), !text.contains("/.."),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") })
        else { return "/console" }
        return text
    }

    private func show(_ request: HTTPRequest, problem: String? = nil, next: String? = nil) -> Answer {
        let token = Cookie.form.value(request).flatMap { SessionToken($0) } ?? SessionToken()
        var values: [String: Any] = [
            "form-token": token.formToken,
            "next": Self.next(next ?? QueryString(request.query)["next"]),
        ]
        values["problem"] = problem
        var answer = front.pages.answer(
            "sign-in",
            title: "Sign in",
            to: request,
            visitor: nil,
            status: problem == nil ? .ok : .badRequest,
            values
        )
        answer.fields.append(Cookie.form.header(token.text, for: 86_400, request))
        return answer
    }

    @Sendable private func signIn(_ input: RouteInput) async throws -> Answer {
        let form = try await Form(input)
        guard let token = Cookie.form.value(input.request).flatMap({ SessionToken($0) }),
            form.isMade(for: token.formToken)
        else {
            let handling = authenticator.refusals.note(input.request.client, bringsKey: false)
            var answer = show(
                input.request,
                problem: "That form was too old, or the browser keeps no cookies of this site. Please try again.",
                next: form["next"]
            )
            answer.isUnlogged = !handling.isLogged
            return answer
        }
        let text = form["key"].trimmingCharacters(in: .whitespacesAndNewlines)
        let key: APIKey
        do {
            key = try await authenticator.key(authorization: "Bearer \(text)", at: input.now)
        } catch let error as APIError where error.status == .unauthorized {
            let handling = authenticator.refusals.note(input.request.client)
            if let delay = handling.delay { try await Task.sleep(for: delay) }
            let problem =
                text.isEmpty
                ? "Please enter a key." : "That is no valid key: it may be mistyped, expired or revoked."
            var answer = show(input.request, problem: problem, next: form["next"])
            answer.isUnlogged = !handling.isLogged
            return answer
        }
        // Whoever was signed in with this browser is no longer.
        if let former = Cookie.session.value(input.request).flatMap({ SessionToken($0) }) {
            try await store.endSession(former.hash)
        }
        let session = SessionToken()
        let end = Timestamp(milliseconds: input.now.milliseconds + Int64(lifetime) * 1000) ?? .latest
        try await store.createSession(session.hash, of: key.id, at: input.now, until: end)
        var answer = Pages.redirect(to: Self.next(form["next"]))
        answer.fields.append(Cookie.session.header(session.text, for: lifetime, input.request))
        answer.fields.append(Cookie.form.header("", for: 0, input.request))
        if Cookie.zone.value(input.request) == nil, let zone = ViewerZone(form["zone"]) {
            answer.fields.append(Self.cookie(zone, input.request))
        }
        return answer
    }

    @Sendable private func signOut(_ input: RouteInput) async throws -> Answer {
        let form = try await Form(input)
        if let token = Cookie.session.value(input.request).flatMap({ SessionToken($0) }) {
            guard form.isMade(for: token.formToken) else { throw Form.notOurs }
            try await store.endSession(token.hash)
        }
        var answer = Pages.redirect(to: "/console/sign-in")
        answer.fields.append(Cookie.session.header("", for: 0, input.request))
        return answer
    }

    private static func cookie(_ zone: ViewerZone, _ request: HTTPRequest) -> AnswerHead.Field {
        Cookie.zone.header(QueryString.encode(zone.name), for: 31_536_000, request)
    }

    @Sendable private func showZone(_ input: RouteInput) async throws -> Answer {
        try await showZone(input, problem: nil)
    }

    private func showZone(_ input: RouteInput, problem: String?) async throws -> Answer {
        let visitor = try await front.visitor(input)
        let names = ViewerZone.names.filter { $0 != "UTC" && $0 != "GMT" }
        var values: [String: Any] = [
            "zones": Set(["UTC", visitor.zone.name] + names).sorted().map { name in
                ["name": name, "selected": name == visitor.zone.name ? "selected" : ""]
            },
            "next": Self.next(QueryString(input.request.query)["next"] ?? input.request.referrer),
        ]
        values["problem"] = problem
        return front.pages.answer(
            "time-zone",
            title: "Time zone",
            to: input.request,
            visitor: visitor,
            status: problem == nil ? .ok : .badRequest,
            values
        )
    }

    @Sendable private func setZone(_ input: RouteInput) async throws -> Answer {
        let form = try await Form(input, of: front.visitor(input))
        guard let zone = ViewerZone(form["zone"]) else {
            return try await showZone(input, problem: "There is no time zone of that name.")
        }
        var answer = Pages.redirect(to: Self.next(form["next"]))
        answer.fields.append(Self.cookie(zone, input.request))
        return answer
    }
}
