import HTTPTypes
import HummingbirdCore
public import Logging
import NIOCore
public import SendLogContent
public import SendLogCore

/// The Send Logs API over HTTP: every request takes the one way through ``respond(to:writer:)``.
public struct APIService: Sendable {
    /// Whose keys are asked for.
    public let authenticator: Authenticator

    let table: RouteTable
    private let limiter: RateLimiter?
    private let metrics: ServiceMetrics
    private let date = HTTPDate()
    private let now: @Sendable () -> Timestamp
    let logger: Logger
    let ids = RequestIDSource()

    /// Puts the API together.
    ///
    /// - Parameters:
    ///   - store: where send logs are
    ///   - authenticator: whose keys are asked for
    ///   - directory: where organisations and keys are
    ///   - context: what the intake of send logs needs
    ///   - rateLimit: how many requests an organisation may make; `nil` for as many as it likes
    ///   - logger: where the log goes
    public init(
        store: any SendLogStore,
        authenticator: Authenticator,
        directory: any Directory,
        context: IntakeContext,
        rateLimit: RateLimit?,
        logger: Logger
    ) {
        self.authenticator = authenticator
        self.logger = logger
        limiter = rateLimit.map(RateLimiter.init)
        now = context.now
        metrics = ServiceMetrics()
        table = RouteTable(
            routes: ReadingRoutes(store: store).routes
                + RecordingRoutes(store: store, context: context, metrics: metrics).routes
                + ServiceRoutes(directory: directory, metrics: metrics).routes
        )
    }

    /// The routes' names, such as `GET /send-logs/:send_id`.
    public var routes: [String] { table.routes.map(\.name) }

    /// Answers a request: id, route, key, permission, limit, handler, and then the log and the metrics.
    @concurrent func respond(to request: Request, writer: consuming ResponseWriter) async throws {
        let begin = ContinuousClock.now
        let id = ids.id(given: request.headers[.requestID])
        var route = "unknown"
        var organisation: OrganisationID?
        var failure: APIError?
        var answer: Answer
        do {
            let (found, input) = try await admit(request, route: &route, organisation: &organisation)
            if request.headers[.expect]?.lowercased() == "100-continue" {
                try await writer.writeInformationalHead(HTTPResponse(status: .continue))
            }
            answer = try await found.handle(input)
        } catch {
            let told = APIError(error)
            failure = told
            answer = told.answer
        }
        answer.headers[.requestID] = id
        answer.headers[.date] = date.text(at: now())
        let sent: Int
        do {
            sent = try await send(answer, head: request.method == .head, writer: writer)
        } catch {
            // The status is sent already. Breaking the connection is the one way left to say that the answer is not whole.
            let broken = error is StoreError ? APIError(error) : nil
            note(id, route, organisation, begin, status: broken?.status.code ?? 499, bytes: 0, failure: broken)
            throw error
        }
        note(id, route, organisation, begin, status: answer.status.code, bytes: sent, failure: failure)
    }

    /// Lets a request in: finds its route and checks its key, its permission and its limit.
    private func admit(
        _ request: Request,
        route: inout String,
        organisation: inout OrganisationID?
    ) async throws -> (Route, RouteInput) {
        let (found, parameter): (Route, String)
        switch table.match(request.method, request.uri.path[...]) {
        case .route(let route, let text): (found, parameter) = (route, text)
        case .wrongMethod(let allow): throw APIError.methodNotAllowed(request.method.rawValue, allow: allow)
        case .none: throw APIError.notFound("there is no such path here; /openapi.json describes those there are")
        }
        route = found.name
        let now = now()
        guard let permission = found.permission else {
            return (found, RouteInput(request: request, parameter: parameter, key: nil, now: now))
        }
        let key = try await authenticator.key(authorization: request.headers[.authorization], at: now)
        organisation = key.organisation
        try limiter?.take(key.organisation, at: now)
        guard key.permissions.grants(permission) else { throw APIError.permissionDenied(permission) }
        // Before the client is invited to send it.
        if let length = request.announcedLength, length > found.longestBody {
            throw APIError.payloadTooLarge(limit: found.longestBody)
        }
        let input = RouteInput(
            request: request,
            parameter: parameter,
            key: key,
            now: now,
            longestBody: found.longestBody
        )
        return (found, input)
    }

    @concurrent private func send(_ answer: Answer, head: Bool, writer: consuming ResponseWriter) async throws -> Int {
        var response = HTTPResponse(status: answer.status, headerFields: answer.headers)
        switch answer.content {
        case .bytes(let buffer):
            let count = buffer.readableBytes
            response.headerFields[.contentLength] = String(count)
            try await writer.write(response: response, body: head ? ResponseBody() : ResponseBody(byteBuffer: buffer))
            return count
        case .stream(let produce) where head:
            var stream = AnswerStream(CountingWriter())
            try await produce(&stream)
            try await stream.finish()
            response.headerFields[.contentLength] = String(stream.sent)
            try await writer.writeResponse(response)
            return 0
        case .stream(let produce):
            var stream = AnswerStream(try await writer.writeHead(response))
            try await produce(&stream)
            try await stream.finish()
            return stream.sent
        }
    }

    /// Notes what was not even HTTP.
    ///
    /// - Returns: the request id under which it stands in the log.
    @Sendable func noteRefusal() -> String {
        let id = ids.id(given: nil)
        note(id, "unknown", nil, .now, status: 400, bytes: 0, failure: .notHTTP)
        return id
    }

    private func note(
        _ id: String,
        _ route: String,
        _ organisation: OrganisationID?,
        _ begin: ContinuousClock.Instant,
        status: Int,
        bytes: Int,
        failure: APIError?
    ) {
        let elapsed = ContinuousClock.now - begin
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        metrics.answered(route: route, status: status, seconds: seconds, bytes: bytes)
        let level: Logger.Level = status >= 500 ? .error : status >= 400 ? .info : .debug
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = [
            "request_id": "\(id)", "route": "\(route)", "status": .stringConvertible(status),
            "bytes": .stringConvertible(bytes),
            "ms": .stringConvertible((seconds * 1_000_000).rounded() / 1000),
        ]
        if let organisation { metadata["organisation"] = .stringConvertible(organisation.number) }
        if let failure { metadata["code"] = "\(failure.code)" }
        if let detail = failure?.detail { metadata["cause"] = "\(detail)" }
        logger.log(level: level, status == 499 ? "client went away" : "answered", metadata: metadata)
    }
}
