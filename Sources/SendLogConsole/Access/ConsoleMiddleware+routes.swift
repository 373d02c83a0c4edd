import NIOHTTP1
import SendLogAPI
import SendLogCore

/// Makes the routes of signed-in users.
extension ConsoleMiddleware {
    /// A function that handles the requests of a route.
    typealias Handler = @Sendable (UserRequest) async throws -> Response
    /// A function that handles the forms of a route, after their CSRF token was checked.
    typealias FormHandler = @Sendable (UserRequest, Form) async throws -> Response

    /// Returns the route of a page, for keys with at least one of the permissions, or for all keys if there are none.
    func get(_ path: String, _ permissions: [Permission], handle: @escaping Handler) -> Route {
        route(.GET, path, permissions, maxBodyLength: .max, handle: handle)
    }

    /// Returns the route of a form of up to a number of bytes, for the same keys as ``get(_:_:handle:)``.
    func post(
        _ path: String,
        _ permissions: [Permission],
        maxLength: Int = Form.maxLength,
        handle: @escaping FormHandler
    ) -> Route {
        route(.POST, path, permissions, maxBodyLength: maxLength) { request in
            let form = try await Form(request.input)
            guard form.hasToken(for: request.user.csrfToken) else { throw Form.invalidToken }
            return try await handle(request, form)
        }
    }

    private func route(
        _ method: HTTPMethod,
        _ path: String,
        _ permissions: [Permission],
        maxBodyLength: Int,
        handle: @escaping Handler
    ) -> Route {
        Route(
            method,
            path,
            permission: permissions.count == 1 ? permissions[0] : nil,
            isPublic: false,
            middleware: self,
            maxBodyLength: maxBodyLength
        ) { input in
            let user = try await self.user(input)
            if let first = permissions.first, !permissions.contains(where: user.may) {
                throw APIError.permissionDenied(first)
            }
            return try await handle(UserRequest(input: input, user: user, pages: self.pages))
        }
    }
}
