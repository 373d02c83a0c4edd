import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The page to choose the time zone in which times are shown and entered.
struct TimeZonePage: Sendable {
    let middleware: ConsoleMiddleware

    var routes: [Route] {
        [
            Route(.GET, "/console/time-zone", isPublic: false, middleware: middleware, handle: show),
            Route(
                .POST,
                "/console/time-zone",
                isPublic: false,
                middleware: middleware,
                maxBodyLength: SignIn.maxFormLength,
                handle: set
            ),
        ]
    }

    @Sendable private func show(_ input: RouteInput) async throws -> Response {
        try await show(input, problem: nil)
    }

    private func show(_ input: RouteInput, problem: String?) async throws -> Response {
        let user = try await middleware.user(input)
        let names = UserTimeZone.names.filter { $0 != "UTC" && $0 != "GMT" }
        var values: [String: Any] = [
            "zones": Set(["UTC", user.zone.name] + names).sorted().map { name in
                ["name": name, "selected": name == user.zone.name ? "selected" : ""]
            },
            "next": ReturnPath.valid(QueryString(input.request.query)["next"] ?? input.request.referrer),
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

    @Sendable private func set(_ input: RouteInput) async throws -> Response {
        let form = try await Form(input, of: middleware.user(input))
        guard let zone = UserTimeZone(form["zone"]) else {
            return try await show(input, problem: "Unknown time zone. Choose one from the list.")
        }
        var response = Pages.redirect(to: ReturnPath.valid(form["next"]))
        response.fields.append(zone.cookie(for: input.request))
        return response
    }
}
