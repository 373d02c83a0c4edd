package import NIOHTTP1
package import SendLogCore
import SendLogHTTP
import SendLogRecipients
import SendLogServices

/// A failure as the client sees it: a status, and an error envelope with a code and a message.
package struct APIError: Error, Equatable {
    /// The status of the response.
    package let status: HTTPResponseStatus
    /// The code for programs, such as `invalid_request`.
    package let code: String
    /// The message for people; it names the invalid field.
    package let message: String
    var issues: [InputIssue] = []
    /// The number of seconds after which to retry.
    package var retryAfter: Int?
    /// When the rate limit's window ends, in Unix seconds; `nil` for other errors.
    package var resetsAt: Int?
    /// The methods that the path accepts.
    var allow: String?
    /// The path, below the base path, that was probably meant in place of an unknown one.
    package var suggestedPath: String?
    /// The cause, which is only logged.
    var detail: String?

    package static func invalidRequest(_ input: InvalidInput) -> APIError {
        APIError(status: .badRequest, code: "invalid_request", message: input.message, issues: input.issues)
    }

    /// A missing key gets the same error as an unknown, expired or revoked key.
    package static let unauthorized = APIError(
        status: .unauthorized,
        code: "unauthorized",
        message: "a valid API key is required: send it as \"Authorization: Bearer <key>\""
    )

    package static func permissionDenied(_ missing: Permission) -> APIError {
        APIError(status: .forbidden, code: "permission_denied", message: "this key lacks the permission \(missing)")
    }

    /// Returns the error for a form without the session's CSRF token, which another site may have made.
    package static func invalidFormToken(_ message: String) -> APIError {
        let issues = [InputIssue(path: "form-token", message: "does not belong to this session")]
        return APIError(status: .badRequest, code: "invalid_request", message: message, issues: issues)
    }

    package static func notFound(_ message: String) -> APIError {
        APIError(status: .notFound, code: "resource_not_found", message: message)
    }

    static func methodNotAllowed(_ method: String, allow: [String]) -> APIError {
        let methods = allow.joined(separator: ", ")
        return APIError(
            status: .methodNotAllowed,
            code: "method_not_allowed",
            message: "this path does not support \(Naming.shown(method, maxLength: 20)); it supports \(methods)",
            allow: methods
        )
    }

    /// Returns the error for an `_id` that is taken; see ``RecordingOutcome/conflict(fields:)``.
    static func conflict(_ fields: [String]) -> APIError {
        let message = "\(RecordingOutcome.message(forConflictIn: fields)); nothing was recorded"
        return APIError(status: .conflict, code: "conflict", message: message)
    }

    /// The error for a request whose `Idempotency-Key` came with another request that is still in progress.
    static let idempotencyInProgress = APIError(
        status: .conflict,
        code: "conflict",
        message: "a request with this Idempotency-Key is still in progress; retry after 1 s",
        retryAfter: 1
    )

    /// The error for an `Idempotency-Key` that came with another body before.
    static let idempotencyKeyReused = APIError(
        status: .unprocessableEntity,
        code: "idempotency_key_reused",
        message: "this Idempotency-Key was used with another request; send a new key with a new request"
    )

    /// The error for a body in an encoding that is not supported.
    static let unsupportedMediaType = APIError(
        status: .unsupportedMediaType,
        code: "unsupported_media_type",
        message: "Content-Encoding must be gzip or identity; other encodings of bodies are not supported"
    )

    static func payloadTooLarge(limit: Int) -> APIError {
        let message = "the body must be at most \(limit) bytes long"
        return APIError(status: .payloadTooLarge, code: "payload_too_large", message: message)
    }

    static func rateLimited(retryAfter: Int, resetsAt: Int) -> APIError {
        APIError(
            status: .tooManyRequests,
            code: "rate_limited",
            message: "the organisation's rate limit is reached; retry after \(retryAfter) s",
            retryAfter: retryAfter,
            resetsAt: resetsAt
        )
    }

    static func concurrencyLimitReached(_ kind: String, limit: Int) -> APIError {
        APIError(
            status: .tooManyRequests,
            code: "rate_limited",
            message: "an organisation can have at most \(limit) \(kind) at the same time; retry after 1 s",
            retryAfter: 1
        )
    }

    static func unavailable(_ reason: String, advice: String = "retry after 1 s", detail: String) -> APIError {
        APIError(
            status: .serviceUnavailable,
            code: "unavailable",
            message: "\(reason); \(advice)",
            retryAfter: 1,
            detail: detail
        )
    }

    /// Returns the error for a search by recipient while the recipient index lacks many send logs.
    static func recipientIndexBehind(_ progress: RecipientIndexBehind) -> APIError {
        let done = "\(progress.through.number) of \(progress.head.number) send logs (\(progress.percent) %)"
        return APIError(
            status: .serviceUnavailable,
            code: "unavailable",
            message: "the recipient index is not complete: it has \(done); retry after 10 s",
            retryAfter: 10,
            detail: "the recipient index has \(done)"
        )
    }

    /// The error for a search by recipient on a server without a recipient index.
    package static let noRecipientIndex = APIError(
        status: .serviceUnavailable,
        code: "unavailable",
        message: "this server has no recipient index; ask its operator to set recipients.index to on",
        retryAfter: 600,
        detail: "recipients.index is off"
    )

    package static func internalError(_ detail: String) -> APIError {
        APIError(
            status: .internalServerError,
            code: "internal_error",
            message: "internal error; the server log has the cause",
            detail: detail
        )
    }

    /// Returns this error in place of ``StoreError/notFound``, and any other store error unchanged.
    package func ifNotFound(_ error: StoreError) -> any Error { error == .notFound ? self : error }

    /// Runs a body, and throws this error in place of ``StoreError/notFound``.
    package func ifNotFound<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch StoreError.notFound { throw self }
    }

    /// Returns the error envelope in JSON.
    func body(requestID: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":false,\"error\":{")
        bytes.appendMember("code", code)
        bytes.appendMember("message", message)
        for (index, issue) in issues.enumerated() {
            bytes.append(index > 0 ? ",{" : ",\"issues\":[{")
            bytes.appendMember("path", issue.path)
            bytes.appendMember("message", issue.message)
            bytes.append("}")
        }
        if !issues.isEmpty { bytes.append("]") }
        if let resetsAt { bytes += ",\"resetsAt\":\(resetsAt),\"remaining\":0".utf8 }
        bytes.append("}")
        bytes.endEnvelope(requestID: requestID)
        return bytes
    }

    /// Returns the response with the status, the headers and the envelope.
    func response(requestID: String) -> Response {
        var response = Response(status: status, body: body(requestID: requestID))
        if let retryAfter { response.fields.append(("Retry-After", String(retryAfter))) }
        if let allow { response.fields.append(("Allow", allow)) }
        if status == .unauthorized { response.fields.append(("WWW-Authenticate", "Bearer")) }
        // https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16
        if status == .unsupportedMediaType { response.fields.append(("Accept-Encoding", "gzip")) }
        return response
    }
}

extension APIError {
    /// Creates the error for a violation of HTTP or an unsupported feature.
    init(_ fault: ProtocolFault) {
        func invalid(_ message: String, in header: String? = nil) -> APIError {
            let path = header.map { "headers.\($0)" } ?? ""
            return .invalidRequest(InvalidInput([InputIssue(path: path, message: message, isSentence: header == nil)]))
        }
        self =
            switch fault {
            case .notHTTP: invalid("the request is not valid HTTP/1.1")
            case .headTooLong: invalid("the path or the headers are too long, or there are more than 256 headers")
            case .headerInvalid: invalid("a header is malformed: its name or value has a character that is not allowed")
            case .contentLengthInvalid:
                invalid("must be one number with no tab after it, and no Transfer-Encoding", in: "Content-Length")
            case .transferEncodingTab: invalid("must have no tab after chunked", in: "Transfer-Encoding")
            case .hostMissing: invalid("is required: an HTTP/1.1 request has exactly one", in: "Host")
            case .hostRepeated: invalid("must be given only once", in: "Host")
            case .hostInvalid: invalid("must be a host, with or without a port", in: "Host")
            case .transferEncodingUnknown:
                APIError(
                    status: .notImplemented,
                    code: "not_implemented",
                    message: "Transfer-Encoding must be chunked; other transfer codings are not implemented"
                )
            case .expectationUnknown:
                APIError(
                    status: .expectationFailed,
                    code: "expectation_failed",
                    message: "Expect must be 100-continue; other expectations are not supported"
                )
            }
    }

    /// Converts any error; the only place where errors become HTTP responses.
    package init(_ error: any Error) {
        self =
            switch error {
            case let error as APIError: error
            case let error as InvalidInput: .invalidRequest(error)
            case let error as UnknownRecordingTimes: .invalidRequest(error.invalidInput)
            case let error as TruncatedBody: .invalidRequest(InvalidInput(path: "", error.message))
            case ServiceError.unauthorized: .unauthorized
            case ServiceError.sendLogDeleted: .notFound("the send log of this delivery was deleted")
            case ServiceError.replayRefused(let reason):
                APIError(status: .conflict, code: "conflict", message: "\(reason); nothing was queued")
            case ServiceError.rateLimited(let seconds, let end): .rateLimited(retryAfter: seconds, resetsAt: end)
            case ServiceError.concurrencyLimitReached(let kind, let limit): .concurrencyLimitReached(kind, limit: limit)
            case ServiceError.overloaded(let kind, let limit):
                .unavailable(
                    "the server is overloaded: it can have at most \(limit) \(kind) at the same time",
                    detail: "\(limit) \(kind) at the same time"
                )
            case let tooMany as TooManySends:
                .invalidRequest(InvalidInput(path: "find.destination", tooMany.description))
            case let behind as RecipientIndexBehind: .recipientIndexBehind(behind)
            case StoreError.notFound: .notFound("not found in this organisation")
            case StoreError.unavailable(let why, let detail): .unavailable(why.rawValue, detail: detail)
            case StoreError.corrupted(let detail): .internalError(detail)
            // Only the type: the description of an unknown error may contain phone numbers or messages.
            default: .internalError("\(type(of: error))")
            }
    }
}

/// An error for a body that ended, or stopped being HTTP, before all of it arrived.
///
/// Most likely the client is disconnected by then and receives no response.
struct TruncatedBody: Error {
    /// What the request did before, and what to do now.
    var consequence = ""

    /// What is wrong with the body.
    var message: String {
        "ended too early or has a malformed chunk\(consequence.isEmpty ? "" : "; \(consequence)")"
    }
}
