import Logging
import NIOCore
import NIOHTTP1
import SendLogCore
package import SendLogHTTP
package import SendLogNetwork
import SendLogScheduling
import SendLogServices

/// Handles requests.
extension APIService: HTTPResponder {
    /// Handles a request: ID, route, key, rate limit, permission, body limit, handler, then the log and the metrics.
    ///
    /// A request that waits for nothing gets its response synchronously. See ``HTTPResponder``.
    package func respond(to request: HTTPRequest, _ writer: ResponseWriter) -> DeferredResponse? {
        var context = RequestContext(
            now: now(),
            id: ids.id(given: request.field("x-request-id")),
            client: request.address,
            crossOriginFields: crossOrigin?.fields(for: request) ?? []
        )
        do {
            if let fault = request.fault { throw APIError(fault) }
            if let preflight = preflightResponse(to: request) {
                context.route = Route.preflight
                send(preflight, [], context, writer)
                return nil
            }
            let (route, parameter) = try find(request, &context)
            var input = RouteInput(
                request: request,
                parameter: parameter,
                now: context.now,
                requestID: context.id,
                maxBodyLength: route.maxBodyLength
            )
            var isAdmitted = route.isPublic
            if isAdmitted { try route.query?.check(request.query) }
            if !isAdmitted, route.middleware == nil,
                let key = try authenticator.cachedKey(
                    authorization: input.authorization,
                    apiKey: request.field("x-api-key"),
                    at: context.now
                )
            {
                try admit(key, to: route, &input, &context)
                isAdmitted = true
            }
            if isAdmitted, let response = try route.handleSynchronously?(input), let body = response.body {
                send(response, body, context, writer)
                return nil
            }
            return { [context, input, isAdmitted] in
                try await respond(to: input, of: route, isAdmitted: isAdmitted, context, writer)
            }
        } catch {
            let failure = APIError(error)
            let delay = recordFailure(failure, of: request, &context)
            if context.route == Route.unknown, let middleware, request.fault == nil, expectsPage(request) {
                context.crossOriginFields = []
                let input = RouteInput(request: request, parameter: "", now: context.now, requestID: context.id)
                return { [context] in await send(failure, of: middleware, input, context, writer) }
            }
            guard let delay else {
                send(failure, context, writer)
                return nil
            }
            return { [context] in
                try await delayResponse(delay, writer)
                send(failure, context, writer)
            }
        }
    }

    /// Counts a refused request without a valid key, and decides how it is logged.
    ///
    /// - Returns: the delay of the response; `nil` for none.
    private func recordFailure(_ failure: APIError, of request: HTTPRequest, _ context: inout RequestContext)
        -> Duration?
    {
        guard context.organisation == nil, (400..<500).contains(failure.status.code) else { return nil }
        // Browsers, and some clients, send a first request without a key: it is counted, but not delayed.
        let headers = ["authorization", "x-api-key"]
        let hasKey = failure.status == .unauthorized && headers.contains { request.field($0) != nil }
        let handling = authenticator.authenticationFailures.record(request.client, hasKey: hasKey)
        context.isUnlogged = !handling.isLogged
        return hasKey ? handling.delay : nil
    }

    /// Waits before an error response, and closes the connection after it.
    ///
    /// Without the close, the client's further input would be held in memory during the delay.
    private func delayResponse(_ delay: Duration, _ writer: ResponseWriter) async throws {
        writer.closeAfterwards()
        try await Task.sleep(for: delay)
    }

    /// Handles a request that must wait for something: short requests on the event loop, others on the thread pool.
    private func respond(
        to input: RouteInput,
        of route: Route,
        isAdmitted: Bool,
        _ context: RequestContext,
        _ writer: ResponseWriter
    ) async throws {
        var (input, context) = (input, context)
        let response: Response
        let executor: (any TaskExecutor)?
        do {
            if !isAdmitted { try admit(try await key(of: input, to: route, context), to: route, &input, &context) }
            if route.isPublic { try input.checkBodyCoding() }
            if input.request.expectsContinue { writer.sendContinue() }
            executor = route.runsOnEventLoop(input) ? nil : threads.executor(for: context.organisation ?? .server)
            if executor != nil { input.body = input.body.withArrived() }
            input.executor = executor
            response = try await withTaskExecutorPreference(executor) { [input] in
                // The client may have disconnected while the request waited.
                if input.request.isAbandoned { throw ConnectionBroken() }
                return try await route.handle(input)
            }
        } catch {
            if let end = writer.connectionEnd { return note(context, status: nil, bytes: 0, end, error) }
            let failure = APIError(error)
            let delay = recordFailure(failure, of: input.request, &context)
            if route.middleware == nil, let delay { try await delayResponse(delay, writer) }
            return await send(failure, of: route.middleware, input, context, writer)
        }
        context.isUnlogged = response.isUnlogged
        context.event = response.event
        if let key = response.event?.key { context.add(key) }
        do { try await send(response, on: executor, context, writer) } catch let refusal as ServiceError {
            context.event = nil
            await send(APIError(refusal), of: route.middleware, input, context, writer)
        }
    }

    /// Returns the API key of a request.
    private func key(of input: RouteInput, to route: Route, _ context: RequestContext) async throws -> APIKey {
        guard let middleware = route.middleware else {
            return try await authenticator.key(
                authorization: input.authorization,
                apiKey: input.request.field("x-api-key"),
                at: context.now
            )
        }
        return try await withTaskExecutorPreference(threads.executor(for: .server)) {
            try await middleware.key(of: input)
        }
    }

    /// Finds the route of a request, and the value of its path parameter.
    private func find(_ request: HTTPRequest, _ context: inout RequestContext) throws(APIError) -> (Route, String) {
        switch table.match(request.method, request.path) {
        case .route(let index, let text):
            context.route = index
            if isPage(index) { context.crossOriginFields = [] }
            return (table.routes[index], text)
        case .methodNotAllowed(let allow):
            if isPage(at: request.path, allow) { context.crossOriginFields = [] }
            throw .methodNotAllowed(request.method.rawValue, allow: allow)
        case .none:
            guard let path = table.pathWithoutExtraSlashes(request.path, basePath: basePath) else {
                throw .notFound("not found; see \(basePath)/openapi.json")
            }
            var failure = APIError.notFound("not found: the path has an extra slash; use \(basePath)\(path)")
            failure.suggestedPath = path
            throw failure
        }
    }

    /// Returns whether a route is one of the pages for people.
    private func isPage(_ route: Int) -> Bool { route >= apiRouteCount }

    /// Returns whether a path that accepts some methods is one of the pages for people.
    private func isPage(at path: Substring, _ allow: [String]) -> Bool {
        allow.contains { method in
            if case .route(let route, _) = table.match(HTTPMethod(rawValue: method), path) {
                isPage(route)
            } else {
                false
            }
        }
    }

    /// Returns whether a client whose request matches no route expects a page for people.
    ///
    /// Clients of the API get JSON, and so do browsers that send anything but GET to a path of the API.
    private func expectsPage(_ request: HTTPRequest) -> Bool {
        guard request.field("accept")?.contains("text/html") == true else { return false }
        if request.method == .GET { return true }
        return request.path.split(separator: "/").first.map { pageRoots.contains(String($0)) } ?? false
    }

    /// Returns the response to a browser that asks whether a page of another origin may use a path of the API.
    ///
    /// - Returns: the response; `nil` if the request is not a preflight, or the page may not use the path.
    private func preflightResponse(to request: HTTPRequest) -> Response? {
        guard let crossOrigin, crossOrigin.isAllowedPreflight(request),
            case .methodNotAllowed(let allow) = table.match(request.method, request.path),
            !isPage(at: request.path, allow)
        else { return nil }
        return crossOrigin.preflightResponse(methods: allow)
    }

    /// Admits a request to a route if the rate limit, the key's permissions and the body length allow it.
    private func admit(
        _ key: APIKey,
        to route: Route,
        _ input: inout RouteInput,
        _ context: inout RequestContext
    ) throws {
        context.add(key)
        input.key = key
        try (isPage(context.route) ? pageLimiter : limiter)?.take(key.organisation, at: context.now)
        if let permission = route.permission, !key.permissions.grants(permission) {
            throw APIError.permissionDenied(permission)
        }
        try route.query?.check(input.request.query)
        // Before `100 Continue` is sent.
        try input.checkBodyCoding()
        if let length = input.request.contentLength, length > route.maxBodyLength {
            throw APIError.payloadTooLarge(limit: route.maxBodyLength)
        }
    }

    /// Sends a failure in the format of a group of routes.
    private func send(
        _ failure: APIError,
        of middleware: (any RouteMiddleware)?,
        _ input: RouteInput,
        _ context: RequestContext,
        _ writer: ResponseWriter
    ) async {
        guard let middleware else { return send(failure, context, writer) }
        var response = await withTaskExecutorPreference(threads.executor(for: context.organisation ?? .server)) {
            await middleware.response(to: failure, input)
        }
        if let allow = failure.allow { response.fields.append(("Allow", allow)) }
        send(response, response.body ?? [], context, writer, failure)
    }

    /// Returns the response to input that could not be parsed, and logs it.
    package func badRequestResponse(to fault: ProtocolFault, from address: IPAddress?) -> (
        head: ResponseHead, body: [UInt8]
    ) {
        let failure = APIError(fault)
        var context = RequestContext(now: now(), id: ids.id(given: nil), client: address)
        context.isUnlogged = !authenticator.authenticationFailures.record(nil, hasKey: false).isLogged
        let body = failure.body(requestID: context.id)
        note(context, status: failure.status.code, bytes: body.count, failure)
        return (head(of: Response(status: failure.status), context), body)
    }
}
