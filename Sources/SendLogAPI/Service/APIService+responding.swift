import Logging
import NIOCore
import NIOHTTP1
import SendLogCore
public import SendLogHTTP
import SendLogScheduling

extension APIService: HTTPResponder {
    /// What the log and the metrics say of a request.
    private struct Visit {
        let begin = ContinuousClock.now
        let now: Timestamp
        let id: String
        var route = RouteTable.unknown
        var organisation: OrganisationID?
        /// Whether it is only counted in the log.
        var isUnlogged = false
    }

    /// Answers a request: id, route, key, permission, limit, handler, and then the log and the metrics.
    ///
    /// What needs to wait for nothing is answered at once. See ``HTTPResponder``.
    public func respond(to request: HTTPRequest, _ writer: AnswerWriter) -> Later? {
        var visit = Visit(now: now(), id: ids.id(given: request.field("x-request-id")))
        do {
            if let fault = request.fault { throw APIError(fault) }
            let (route, parameter) = try find(request)
            visit.route = route.number
            var input = RouteInput(
                request: request,
                parameter: parameter,
                now: visit.now,
                requestID: visit.id,
                longestBody: route.longestBody
            )
            var isAdmitted = route.isOpen
            if !isAdmitted, route.front == nil,
                let key = try authenticator.knownKey(authorization: input.authorization, at: visit.now)
            {
                try admit(key, to: route, &input, &visit)
                isAdmitted = true
            }
            if isAdmitted, let answer = try route.handleAtOnce?(input), let body = answer.body {
                send(answer, body, visit, writer)
                return nil
            }
            return { [visit, input, isAdmitted] in
                try await respond(to: input, of: route, isAdmitted: isAdmitted, visit, writer)
            }
        } catch {
            let failure = APIError(error)
            let delay = noteRefusal(failure, of: request, &visit)
            if visit.route == RouteTable.unknown, let front, request.fault == nil, request.isForBrowser {
                let input = RouteInput(request: request, parameter: "", now: visit.now, requestID: visit.id)
                return { [visit] in await send(failure, of: front, input, visit, writer) }
            }
            guard let delay else {
                send(failure, visit, writer)
                return nil
            }
            return { [visit] in
                try await delayRefusal(delay, writer)
                send(failure, visit, writer)
            }
        }
    }

    /// Decides how the refusal of a request without a valid key is answered and logged.
    ///
    /// - Returns: for how long the answer is delayed.
    private func noteRefusal(_ failure: APIError, of request: HTTPRequest, _ visit: inout Visit) -> Duration? {
        guard visit.organisation == nil, (400..<500).contains(failure.status.code) else { return nil }
        // Browsers, and some clients, ask without a key first: that is counted, and not delayed.
        let bringsKey = failure.status == .unauthorized && request.field("authorization") != nil
        let handling = authenticator.refusals.note(request.client, bringsKey: bringsKey)
        visit.isUnlogged = !handling.isLogged
        return bringsKey ? handling.delay : nil
    }

    /// Waits before a refusal, behind which the connection ends: what else its client sent would be held for as long.
    private func delayRefusal(_ delay: Duration, _ writer: AnswerWriter) async throws {
        writer.closeAfterwards()
        try await Task.sleep(for: delay)
    }

    /// Answers a request that must wait for something: on the event loop what is short, on a worker what computes.
    private func respond(
        to input: RouteInput,
        of route: Route,
        isAdmitted: Bool,
        _ visit: Visit,
        _ writer: AnswerWriter
    ) async throws {
        var (input, visit) = (input, visit)
        let answer: Answer
        let executor: (any TaskExecutor)?
        do {
            if !isAdmitted { try admit(try await key(of: input, to: route, visit), to: route, &input, &visit) }
            if input.request.awaitsInvitation { writer.invite() }
            executor = route.isShort(input) ? nil : threads.executor(for: visit.organisation ?? .server)
            if executor != nil { input.body = input.body.withArrived() }
            input.executor = executor
            answer = try await withTaskExecutorPreference(executor) { [input] in
                // Its client may have gone while it waited.
                if input.request.isAbandoned { throw ConnectionBroken() }
                return try await route.handle(input)
            }
        } catch {
            guard writer.isOpen else { return note(visit, status: 499, bytes: 0) }
            let failure = APIError(error)
            let delay = noteRefusal(failure, of: input.request, &visit)
            if route.front == nil, let delay { try await delayRefusal(delay, writer) }
            return await send(failure, of: route.front, input, visit, writer)
        }
        visit.isUnlogged = answer.isUnlogged
        do { try await send(answer, on: executor, visit, writer) } catch let failure as APIError {
            await send(failure, of: route.front, input, visit, writer)
        }
    }

    /// The key that a request brings.
    private func key(of input: RouteInput, to route: Route, _ visit: Visit) async throws -> APIKey {
        guard let front = route.front else {
            return try await authenticator.key(authorization: input.authorization, at: visit.now)
        }
        return try await withTaskExecutorPreference(threads.executor(for: .server)) { try await front.key(of: input) }
    }

    /// Sends an answer; one that is long has a part of ``streams`` until the client has taken it.
    ///
    /// - Throws: ``APIError`` if there are too many of them, and then nothing was sent; what broke a stream off.
    private func send(
        _ answer: Answer,
        on executor: (any TaskExecutor)?,
        _ visit: Visit,
        _ writer: AnswerWriter
    ) async throws {
        let organisation = visit.organisation ?? .server
        switch answer.content {
        case .whole(let body):
            let length = body.reduce(0) { $0 + $1.readableBytes }
            // What a short route answers is the same for all, and held once.
            guard executor != nil, length > Self.longestFree else { return send(answer, body, visit, writer) }
            let weight = 1 + length / Self.lengthOfStream
            try streams.take(weight, for: organisation)
            defer { streams.release(weight, for: organisation) }
            send(answer, body, visit, writer)
            await writer.drain()
        case .stream(let coding, let produce):
            try streams.take(for: organisation)
            defer { streams.release(for: organisation) }
            do {
                var sent = 0
                if writer.begin(head(of: answer, visit)) {
                    sent = try await withTaskExecutorPreference(executor) {
                        var stream = AnswerStream(writer, coding)
                        try await produce(&stream)
                        try await stream.finish()
                        return stream.sent
                    }
                    writer.end()
                }
                note(visit, status: answer.status.code, bytes: sent)
            } catch {
                // The status is sent already. Breaking the connection is the one way left to say that the answer is not whole.
                let failure = error is StoreError ? APIError(error) : nil
                note(visit, status: failure?.status.code ?? 499, bytes: 0, failure)
                throw ConnectionBroken()
            }
        }
    }

    /// Up to how many bytes a whole answer is sent without a part of ``streams``.
    private static let longestFree = 128 * 1024
    /// What a streamed answer holds at most, in bytes.
    private static let lengthOfStream = 300 * 1024

    /// Finds the route of a request, and what stands for the part of its path that may be any text.
    private func find(_ request: HTTPRequest) throws(APIError) -> (Route, String) {
        switch table.match(request.method, request.path) {
        case .route(let route, let text): return (route, text)
        case .wrongMethod(let allow): throw .methodNotAllowed(request.method.rawValue, allow: allow)
        case .none: throw .notFound("there is no such path here; /openapi.json describes those there are")
        }
    }

    /// Lets the bearer of a key in, if the limit and the permission allow it.
    private func admit(
        _ key: APIKey,
        to route: Route,
        _ input: inout RouteInput,
        _ visit: inout Visit
    ) throws(APIError) {
        visit.organisation = key.organisation
        try limiter?.take(key.organisation, at: visit.now)
        if let permission = route.permission, !key.permissions.grants(permission) {
            throw .permissionDenied(permission)
        }
        // Before the client is invited to send it.
        if let length = input.request.announcedLength, length > route.longestBody {
            throw .payloadTooLarge(limit: route.longestBody)
        }
        input.key = key
    }

    private func head(of answer: Answer, _ visit: Visit) -> AnswerHead {
        let fields: [AnswerHead.Field] = [
            ("Content-Type", answer.type), ("Date", date.text(at: visit.now)), ("X-Request-Id", visit.id),
        ]
        return AnswerHead(status: answer.status, fields: answer.fields.isEmpty ? fields : fields + answer.fields)
    }

    private func send(
        _ answer: Answer,
        _ body: [ByteBuffer],
        _ visit: Visit,
        _ writer: AnswerWriter,
        _ failure: APIError? = nil
    ) {
        writer.send(head(of: answer, visit), body: body)
        note(visit, status: answer.status.code, bytes: body.reduce(0) { $0 + $1.readableBytes }, failure)
    }

    private func send(_ failure: APIError, _ visit: Visit, _ writer: AnswerWriter) {
        send(failure.answer, failure.answer.body ?? [], visit, writer, failure)
    }

    /// Sends a failure in the form of a group of routes.
    private func send(
        _ failure: APIError,
        of front: (any Front)?,
        _ input: RouteInput,
        _ visit: Visit,
        _ writer: AnswerWriter
    ) async {
        guard let front else { return send(failure, visit, writer) }
        var answer = await withTaskExecutorPreference(threads.executor(for: visit.organisation ?? .server)) {
            front.answer(to: failure, input)
        }
        if let allow = failure.allow { answer.fields.append(("Allow", allow)) }
        send(answer, answer.body ?? [], visit, writer, failure)
    }

    /// The answer to what is not even HTTP, which is noted too.
    public func refusal() -> (head: AnswerHead, body: [UInt8]) {
        var visit = Visit(now: now(), id: ids.id(given: nil))
        visit.isUnlogged = !authenticator.refusals.note(nil, bringsKey: false).isLogged
        note(visit, status: 400, bytes: 0, .notHTTP)
        return (head(of: APIError.notHTTP.answer, visit), APIError.notHTTP.body)
    }

    private func note(_ visit: Visit, status: UInt, bytes: Int, _ failure: APIError? = nil) {
        let elapsed = (ContinuousClock.now - visit.begin).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        let route = table.name(visit.route)
        metrics.answered(route: visit.route, name: route, status: Int(status), seconds: seconds, bytes: bytes)
        let level: Logger.Level = status >= 500 ? .error : status >= 400 ? .info : .debug
        guard level >= logger.logLevel, !visit.isUnlogged else { return }
        var metadata: Logger.Metadata = [
            "request_id": "\(visit.id)", "route": "\(route)", "status": .stringConvertible(Int(status)),
            "bytes": .stringConvertible(bytes),
            "ms": .stringConvertible((seconds * 1_000_000).rounded() / 1000),
        ]
        if let organisation = visit.organisation {
            metadata["organisation"] = .stringConvertible(organisation.number)
        }
        if let failure { metadata["code"] = "\(failure.code)" }
        if let detail = failure?.detail { metadata["cause"] = "\(detail)" }
        logger.log(level: level, status == 499 ? "client went away" : "answered", metadata: metadata)
    }
}

extension HTTPRequest {
    /// Whether a person asks, who wants a page for an answer.
    fileprivate var isForBrowser: Bool { method == .GET && field("accept")?.contains("text/html") == true }
}
