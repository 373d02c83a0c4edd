import NIOHTTP1
import SendLogCore
import SendLogHTTP

/// Routes that need a key but no permission: the description of the key, and constants for clients of the original API.
struct AccountRoutes {
    let store: any OrganisationStore

    var routes: [Route] {
        [
            Route(.GET, "/whoami", isPublic: false, handle: describe),
            Self.constant("/balance", "0"),
            Self.constant("/tags", "[]"),
        ]
    }

    @Sendable private func describe(_ input: RouteInput) async throws -> Response {
        guard let key = input.key else { throw APIError.unauthorized }
        let organisation = try await store.organisation(key.organisation)
        return .success(for: input) { bytes in
            bytes.append("{\"organisation\":{")
            bytes.appendMember("name", organisation.name.description)
            bytes.append("},\"key\":{")
            bytes.appendMember("_id", key.id.description)
            bytes.appendMember("name", key.name)
            bytes.appendMember("permissions", key.permissions.map(\.description))
            bytes.appendMember("expiresAt", key.expires)
            bytes.append("}}")
        }
    }

    /// Returns a route that answers the same data to every valid key: clients check a key with it.
    private static func constant(_ path: String, _ data: StaticString) -> Route {
        let respond: @Sendable (RouteInput) -> Response = { input in .success(for: input) { $0.append(data) } }
        return Route(
            .GET,
            path,
            isPublic: false,
            runsOnEventLoop: Route.always,
            handleSynchronously: respond,
            handle: respond
        )
    }
}
