import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// Makes the routes of signed-in users.
extension ConsoleMiddleware {
    /// A function that handles the requests of a route.
    typealias Handler = @Sendable (UserRequest) async throws -> Response
    /// A function that handles the forms of a route, after their CSRF token was checked.
    typealias FormHandler = @Sendable (UserRequest, Form) async throws -> Response

    /// Returns the route of a page, for keys with at least one of the permissions, or for all keys if there are none.
    ///
    /// - Parameters:
    ///   - path: the path pattern
    ///   - permissions: the permissions
    ///   - query: the names of the page's query parameters; `nil` for a page that checks them itself
    ///   - handle: handles a request
    /// - Returns: the route, which refuses all other query parameters.
    func get(
        _ path: String,
        _ permissions: [Permission],
        query: [String]? = [],
        handle: @escaping Handler
    ) -> Route {
        route(.GET, path, permissions, query: query, maxBodyLength: .max, handle: handle)
    }

    /// Returns the route of a form of up to a number of bytes, for the same keys as ``get(_:_:handle:)``.
    func post(
        _ path: String,
        _ permissions: [Permission],
        maxLength: Int = Form.maxLength,
        handle: @escaping FormHandler
    ) -> Route {
        route(.POST, path, permissions, query: [], maxBodyLength: maxLength) { request in
            let form = try await Form(request.input)
            guard form.hasToken(for: request.user.csrfToken) else { throw Form.invalidToken }
            return try await handle(request, form)
        }
    }

    /// Returns a route for everyone, which refuses all query parameters but the given ones.
    func open(
        _ method: HTTPMethod,
        _ path: String,
        query: [String] = [],
        handle: @escaping Route.Handler
    ) -> Route {
        Route(method, path, middleware: self, maxBodyLength: Form.maxLength) { input in
            try QueryString(input.request.query).check(known: query)
            return try await handle(input)
        }
    }

    private func route(
        _ method: HTTPMethod,
        _ path: String,
        _ permissions: [Permission],
        query: [String]?,
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
            let request = UserRequest(input: input, user: user, pages: self.pages)
            if let query { try request.query.check(known: query) }
            return try await handle(request)
        }
    }
}
