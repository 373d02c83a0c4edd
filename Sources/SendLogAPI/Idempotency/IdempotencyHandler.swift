import NIOCore
import NIOHTTP1
import SendLogContent
import SendLogCore
import SendLogHTTP

/// Handles requests with an `Idempotency-Key` once, and replays their responses.
///
/// Responses below 500 are kept for a day, except 429. Failures before the whole body has arrived are not kept.
struct IdempotencyHandler: Sendable {
    let store: any IdempotencyStore
    let context: ParserContext

    /// Returns a handler for a route whose bodies are short, and whose body is read before the request begins.
    func once(_ handle: @escaping Route.Handler) -> Route.Handler {
        { input in
            guard var digest = try IdempotencyDigest(input) else { return try await handle(input) }
            var reader = RequestBodyReader(input)
            let body = try await reader.collect()
            digest.add(body)
            var input = input
            (input.body, input.isBodyInflated) = (RequestBody(body), true)
            return try await perform(digest, input, handle)
        }
    }

    /// Handles a request whose body was read, or replays its response.
    ///
    /// - Parameters:
    ///   - digest: the key and the digest; `nil` if the request has no key
    ///   - input: the input of the handler, which receives it with the ``RouteInput/reservedID``
    ///   - handle: the handler
    /// - Returns: the response.
    /// - Throws: ``APIError`` if the key is in use; ``StoreError``; the error of the handler.
    func perform(
        _ digest: IdempotencyDigest?,
        _ input: RouteInput,
        _ handle: (RouteInput) async throws -> Response
    ) async throws -> Response {
        guard let digest else { return try await handle(input) }
        let (organisation, now) = (try input.organisation(), context.now())
        let attempt = IdempotencyAttempt(
            key: digest.key,
            digest: digest.value,
            id: context.ids.next(at: now),
            now: now
        )
        switch try await store.beginRequest(attempt, in: organisation) {
        case .inProgress: throw APIError.idempotencyInProgress
        case .reused: throw APIError.idempotencyKeyReused
        case .finished(let stored): return Response(replaying: stored, for: input)
        case .started(let reserved):
            var input = input
            input.reservedID = reserved
            let result: Result<Response, any Error>
            do { result = .success(try await handle(input)) } catch { result = .failure(error) }
            try await keep(result, of: attempt, for: input, in: organisation)
            return try result.get()
        }
    }

    /// Stores the response to a request, or ends its lease if the response is not kept.
    ///
    /// - Throws: ``StoreError`` if the response cannot be stored. The client does not get the response then, and may
    ///   repeat the request: what was created is found by its reserved ID.
    private func keep(
        _ result: Result<Response, any Error>,
        of attempt: IdempotencyAttempt,
        for input: RouteInput,
        in organisation: OrganisationID
    ) async throws {
        let response =
            switch result {
            case .success(let response): response
            case .failure(let error): APIError(error).response(requestID: input.requestID)
            }
        // If the database is unavailable, the lease ends by itself.
        guard let stored = response.stored(for: input) else {
            try? await store.releaseRequest(attempt, in: organisation)
            return
        }
        do { try await store.finishRequest(attempt, with: stored, in: organisation) } catch {
            try? await store.releaseRequest(attempt, in: organisation)
            throw error
        }
    }
}

extension Response {
    /// Creates the response to a repeated request from the first one's.
    fileprivate init(replaying stored: StoredResponse, for input: RouteInput) {
        var body = stored.body
        body.endEnvelope(requestID: input.requestID)
        self.init(status: HTTPResponseStatus(statusCode: stored.status), body: body)
        if !stored.location.isEmpty { fields.append(("Location", stored.location)) }
        fields.append(("Idempotency-Replayed", "true"))
    }

    /// Returns what is kept of the response to a request; `nil` if nothing is kept.
    fileprivate func stored(for input: RouteInput) -> StoredResponse? {
        guard (200..<500).contains(status.code), status != .tooManyRequests, let body = replayedBody ?? body else {
            return nil
        }
        var end: [UInt8] = []
        end.endEnvelope(requestID: input.requestID)
        return StoredResponse(
            status: Int(status.code),
            location: fields.first { $0.name.description == "Location" }?.value ?? "",
            body: Array(body.flatMap { $0.readableBytesView }.dropLast(end.count))
        )
    }
}
