import Logging
import NIOCore
import NIOHTTP1
import SendLogCore
public import SendLogHTTP
import SendLogScheduling
import SendLogServices

/// Handles requests, and logs them.
extension APIService: HTTPResponder {
    /// The data about a request for the log and the metrics.
    private struct RequestContext {
        let begin = ContinuousClock.now
        let now: Timestamp
        let id: String
        var route = Route.unknown
        var organisation: OrganisationID?
        /// Whether the log only counts the request.
        var isUnlogged = false
    }

    /// Handles a request: ID, route, key, rate limit, permission, body limit, handler, then the log and the metrics.
    ///
    /// A request that waits for nothing gets its response synchronously. See ``HTTPResponder``.
    public func respond(to request: HTTPRequest, _ writer: ResponseWriter) -> DeferredResponse? {
        var context = RequestContext(now: now(), id: ids.id(given: request.field("x-request-id")))
        do {
            if let fault = request.fault { throw APIError(fault) }
            let (route, parameter) = try find(request)
            context.route = route.index
            var input = RouteInput(
                request: request,
                parameter: parameter,
                now: context.now,
                requestID: context.id,
                maxBodyLength: route.maxBodyLength
            )
            var isAdmitted = route.isPublic
            if !isAdmitted, route.middleware == nil,
                let key = try authenticator.cachedKey(authorization: input.authorization, at: context.now)
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
            if context.route == Route.unknown, let middleware, request.fault == nil, request.isForBrowser {
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
        let hasKey = failure.status == .unauthorized && request.field("authorization") != nil
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
            guard writer.isOpen else { return note(context, status: 499, bytes: 0) }
            let failure = APIError(error)
            let delay = recordFailure(failure, of: input.request, &context)
            if route.middleware == nil, let delay { try await delayResponse(delay, writer) }
            return await send(failure, of: route.middleware, input, context, writer)
        }
        context.isUnlogged = response.isUnlogged
        do { try await send(response, on: executor, context, writer) } catch let refusal as ServiceError {
            await send(APIError(refusal), of: route.middleware, input, context, writer)
        }
    }

    /// Returns the API key of a request.
    private func key(of input: RouteInput, to route: Route, _ context: RequestContext) async throws -> APIKey {
        guard let middleware = route.middleware else {
            return try await authenticator.key(authorization: input.authorization, at: context.now)
        }
        return try await withTaskExecutorPreference(threads.executor(for: .server)) {
            try await middleware.key(of: input)
        }
    }

    /// Sends a response; a long one counts against ``streams`` until the client has read it.
    ///
    /// - Throws: ``ServiceError`` if the limit is reached, before anything is sent; ``ConnectionBroken`` if a stream fails.
    private func send(
        _ response: Response,
        on executor: (any TaskExecutor)?,
        _ context: RequestContext,
        _ writer: ResponseWriter
    ) async throws {
        let organisation = context.organisation ?? .server
        switch response.content {
        case .whole(let body):
            let length = body.reduce(0) { $0 + $1.readableBytes }
            // A long response of an event loop route is the same for all requests, and held in memory once.
            guard executor != nil, length > Self.maxUnweightedLength else {
                return send(response, body, context, writer)
            }
            let weight = 1 + length / Self.bytesPerWeight
            try streams.acquire(weight, for: organisation)
            defer { streams.release(weight, for: organisation) }
            send(response, body, context, writer)
            await writer.waitUntilWritable()
        case .stream(let coding, let produce):
            try streams.acquire(for: organisation)
            defer { streams.release(for: organisation) }
            do {
                var sent = 0
                if writer.begin(head(of: response, context)) {
                    sent = try await withTaskExecutorPreference(executor) {
                        var stream = ResponseStream(writer, coding)
                        try await produce(&stream)
                        try await stream.finish()
                        return stream.sent
                    }
                    writer.end()
                }
                note(context, status: response.status.code, bytes: sent)
            } catch {
                // The status was already sent. Only a broken connection can show the client that the response is
                // incomplete.
                let failure = error is StoreError ? APIError(error) : nil
                note(context, status: failure?.status.code ?? 499, bytes: 0, failure)
                throw ConnectionBroken()
            }
        }
    }

    /// The maximum length in bytes of a complete response that does not count against ``streams``.
    private static let maxUnweightedLength = 128 * 1024
    /// The maximum memory that a streamed response holds, in bytes; a complete response counts once more per this many
    /// bytes.
    private static let bytesPerWeight = 300 * 1024

    /// Finds the route of a request, and the value of its path parameter.
    private func find(_ request: HTTPRequest) throws(APIError) -> (Route, String) {
        switch table.match(request.method, request.path) {
        case .route(let route, let text): return (route, text)
        case .methodNotAllowed(let allow): throw .methodNotAllowed(request.method.rawValue, allow: allow)
        case .none: throw .notFound("not found; see /openapi.json")
        }
    }

    /// Admits a request to a route if the rate limit, the key's permissions and the body length allow it.
    private func admit(
        _ key: APIKey,
        to route: Route,
        _ input: inout RouteInput,
        _ context: inout RequestContext
    ) throws {
        context.organisation = key.organisation
        try limiter?.take(key.organisation, at: context.now)
        if let permission = route.permission, !key.permissions.grants(permission) {
            throw APIError.permissionDenied(permission)
        }
        // Before `100 Continue` is sent.
        if let length = input.request.contentLength, length > route.maxBodyLength {
            throw APIError.payloadTooLarge(limit: route.maxBodyLength)
        }
        input.key = key
    }

    private func head(of response: Response, _ context: RequestContext) -> ResponseHead {
        var fields: [ResponseHead.Field] = [
            ("Content-Type", response.type), ("Date", date.text(at: context.now)), ("X-Request-Id", context.id),
        ]
        fields += response.fields
        return ResponseHead(status: response.status, fields: fields)
    }

    private func send(
        _ response: Response,
        _ body: [ByteBuffer],
        _ context: RequestContext,
        _ writer: ResponseWriter,
        _ failure: APIError? = nil
    ) {
        writer.send(head(of: response, context), body: body)
        note(context, status: response.status.code, bytes: body.reduce(0) { $0 + $1.readableBytes }, failure)
    }

    private func send(_ failure: APIError, _ context: RequestContext, _ writer: ResponseWriter) {
        send(failure.response, failure.response.body ?? [], context, writer, failure)
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
            middleware.response(to: failure, input)
        }
        if let allow = failure.allow { response.fields.append(("Allow", allow)) }
        send(response, response.body ?? [], context, writer, failure)
    }

    /// Returns the response to input that is not HTTP, and logs it.
    public func badRequestResponse() -> (head: ResponseHead, body: [UInt8]) {
        var context = RequestContext(now: now(), id: ids.id(given: nil))
        context.isUnlogged = !authenticator.authenticationFailures.record(nil, hasKey: false).isLogged
        note(context, status: 400, bytes: 0, .notHTTP)
        return (head(of: APIError.notHTTP.response, context), APIError.notHTTP.body)
    }

    private func note(_ context: RequestContext, status: UInt, bytes: Int, _ failure: APIError? = nil) {
        let seconds = (ContinuousClock.now - context.begin) / .seconds(1)
        let route = table.name(context.route)
        metrics.requestCompleted(route: context.route, name: route, status: Int(status), seconds: seconds, bytes: bytes)
        let level: Logger.Level = status >= 500 ? .error : status >= 400 ? .info : .debug
        guard level >= logger.logLevel, !context.isUnlogged else { return }
        var metadata: Logger.Metadata = [
            "request_id": "\(context.id)", "route": "\(route)", "status": .stringConvertible(Int(status)),
            "bytes": .stringConvertible(bytes), "ms": .stringConvertible((seconds * 1_000_000).rounded() / 1000),
        ]
        if let organisation = context.organisation {
            metadata["organisation"] = .stringConvertible(organisation.number)
        }
        if let failure { metadata["code"] = "\(failure.code)" }
        if let detail = failure?.detail { metadata["cause"] = "\(detail)" }
        logger.log(level: level, status == 499 ? "client disconnected" : "request completed", metadata: metadata)
    }
}

extension HTTPRequest {
    /// Whether the request comes from a browser that expects a page.
    fileprivate var isForBrowser: Bool { method == .GET && field("accept")?.contains("text/html") == true }
}
