import Foundation
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The page to choose the time zone in which times are shown and entered.
struct TimeZonePage: Sendable {
    let middleware: ConsoleMiddleware

    var routes: [Route] {
        [
            middleware.get("/console/time-zone", [], query: ["next"]) { show($0) },
            middleware.post("/console/time-zone", [], handle: set),
        ]
    }

    private func show(_ request: UserRequest, problem: String? = nil) -> Response {
        let (zone, http) = (request.user.zone.name, request.input.request)
        let names = Set(TimeZone.knownTimeZoneIdentifiers).subtracting(["GMT"]).union(["UTC", zone])
        var values: [String: Any] = [
            "zones": names.sorted().map { ["name": $0, "selected": $0 == zone ? "selected" : ""] },
            "next": ReturnPath.valid(request.query["next"] ?? http.referrer, below: http.basePath),
        ]
        values["problem"] = problem
        return request.page("time-zone", title: "Time zone", isInvalid: problem != nil, values)
    }

    @Sendable private func set(_ request: UserRequest, _ form: Form) async throws -> Response {
        guard let zone = UserTimeZone(form["zone"]) else {
            return show(request, problem: "Unknown time zone. Choose one from the list.")
        }
        let http = request.input.request
        var response = Pages.redirect(to: ReturnPath.valid(form["next"], below: http.basePath))
        response.fields.append(zone.cookie(for: http))
        return response
    }
}
