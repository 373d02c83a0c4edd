package import NIOHTTP1
package import SendLogCore
import SendLogHTTP

/// A failure as a client is told it: a status, and an envelope whose code says the same.
package struct APIError: Error, Equatable {
    package let status: HTTPResponseStatus
    package let code: String
    /// For people; names the field at fault.
    package let message: String
    var issues: [InputIssue] = []
    /// Seconds after which to try again.
    package var retryAfter: Int?
    /// When the rate limit's window ends, in Unix seconds.
    var resetsAt: Int?
    /// The methods that the path does take.
    var allow: String?
    /// For the log alone.
    var detail: String?

    package static func invalidRequest(_ input: InvalidInput) -> APIError {
        APIError(status: .badRequest, code: "invalid_request", message: input.message, issues: input.issues)
    }

    static let notHTTP = APIError(
        status: .badRequest,
        code: "invalid_request",
        message: "this is not a request of HTTP/1.1",
        issues: [InputIssue(path: "", message: "this is not a request of HTTP/1.1")]
    )

    /// What is wrong with a request as a message of HTTP.
    init(_ fault: ProtocolFault) {
        func invalid(_ message: String) -> APIError {
            .invalidRequest(InvalidInput(path: "headers.Host", message))
        }
        self =
            switch fault {
            case .hostMissing: invalid("is missing: a request of HTTP/1.1 has exactly one")
            case .hostRepeated: invalid("must be given only once")
            case .hostInvalid: invalid("must be a host, with or without a port")
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

    static let bodyCutOff = APIError(
        status: .badRequest,
        code: "invalid_request",
        message: "the body ended before all of it came; nothing of what was cut off was recorded",
        issues: [InputIssue(path: "", message: "ended before all of it came")]
    )

    /// No key, and an unknown, expired or revoked one, read the same.
    package static let unauthorized = APIError(
        status: .unauthorized,
        code: "unauthorized",
        message: "a valid API key is required: send it as \"Authorization: Bearer <key>\""
    )

    package static func permissionDenied(_ missing: Permission) -> APIError {
        APIError(
            status: .forbidden,
            code: "permission_denied",
            message: "this key lacks the permission \(missing)"
        )
    }

    /// A form that another site may have made.
    package static func forged(_ message: String) -> APIError {
        APIError(
            status: .badRequest,
            code: "invalid_request",
            message: message,
            issues: [InputIssue(path: "form-token", message: "is not that of this session")]
        )
    }

    package static func notFound(_ message: String) -> APIError {
        APIError(status: .notFound, code: "resource_not_found", message: message)
    }

    static func methodNotAllowed(_ method: String, allow: [String]) -> APIError {
        let methods = allow.joined(separator: ", ")
        return APIError(
            status: .methodNotAllowed,
            code: "method_not_allowed",
            message: "this path does not take \(method.prefix(20)); it takes \(methods)",
            allow: methods
        )
    }

    static let conflict = APIError(
        status: .conflict,
        code: "conflict",
        message: "_id is taken by a send log with other content; nothing was recorded"
    )

    static func payloadTooLarge(limit: Int) -> APIError {
        APIError(
            status: .payloadTooLarge,
            code: "payload_too_large",
            message: "the body must be at most \(limit) bytes long"
        )
    }

    static func rateLimited(retryAfter: Int, resetsAt: Int) -> APIError {
        APIError(
            status: .tooManyRequests,
            code: "rate_limited",
            message: "the organisation's rate limit is reached; try again in \(retryAfter) s",
            retryAfter: retryAfter,
            resetsAt: resetsAt
        )
    }

    static func tooManyAtOnce(_ what: String, limit: Int) -> APIError {
        APIError(
            status: .tooManyRequests,
            code: "rate_limited",
            message:
                "an organisation can have at most \(limit) \(what) at the same time; retry after 1 s",
            retryAfter: 1
        )
    }

    static func unavailable(_ reason: String, detail: String) -> APIError {
        APIError(
            status: .serviceUnavailable,
            code: "unavailable",
            message: "\(reason); nothing was changed, or repeating the request is safe",
            retryAfter: 1,
            detail: detail
        )
    }

    static func importBrokeOff(_ reason: String, recorded: Int, detail: String) -> APIError {
        APIError(
            status: .serviceUnavailable,
            code: "unavailable",
            message:
                "\(reason); \(recorded) lines were recorded before. Run the import again: lines with an _id are not "
                + "recorded twice",
            retryAfter: 1,
            detail: detail
        )
    }

    package static func internalError(_ detail: String) -> APIError {
        APIError(
            status: .internalServerError,
            code: "internal_error",
            message: "something went wrong on our side",
            detail: detail
        )
    }

    /// What any failure means to a client; the one place where failures become HTTP.
    package init(_ error: any Error) {
        self =
            switch error {
            case let error as APIError: error
            case let error as InvalidInput: .invalidRequest(error)
            case is BodyCutOff: .bodyCutOff
            case StoreError.notFound: .notFound("there is no such thing in this organisation")
            case StoreError.unavailable(let why, let detail): .unavailable(why.rawValue, detail: detail)
            case StoreError.damaged(let detail): .internalError(detail)
            // Only the type: what an unknown error says might hold numbers or messages.
            default: .internalError("\(type(of: error))")
            }
    }

    private init(
        status: HTTPResponseStatus,
        code: String,
        message: String,
        issues: [InputIssue] = [],
        retryAfter: Int? = nil,
        resetsAt: Int? = nil,
        allow: String? = nil,
        detail: String? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.issues = issues
        self.retryAfter = retryAfter
        self.resetsAt = resetsAt
        self.allow = allow
        self.detail = detail
    }

    /// This failure where a store found nothing; any other of the store's as it is.
    package func ifNotFound(_ error: StoreError) -> any Error { error == .notFound ? self : error }

    /// The envelope.
    var body: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":false,\"error\":{\"code\":")
        bytes.appendJSON(code)
        bytes.append(",\"message\":")
        bytes.appendJSON(message)
        if !issues.isEmpty {
            bytes.append(",\"issues\":[")
            for (place, issue) in issues.enumerated() {
                bytes.append(place > 0 ? ",{\"path\":" : "{\"path\":")
                bytes.appendJSON(issue.path)
                bytes.append(",\"message\":")
                bytes.appendJSON(issue.message)
                bytes.append("}")
            }
            bytes.append("]")
        }
        if let resetsAt {
            bytes.append(",\"resetsAt\":")
            bytes.appendDecimal(resetsAt)
            bytes.append(",\"remaining\":0")
        }
        bytes.append("}}")
        return bytes
    }

    /// The answer that tells it.
    var answer: Answer {
        var answer = Answer(status: status, body: body)
        if let retryAfter { answer.fields.append(("Retry-After", String(retryAfter))) }
        if let allow { answer.fields.append(("Allow", allow)) }
        if status == .unauthorized { answer.fields.append(("WWW-Authenticate", "Bearer")) }
        return answer
    }
}

/// The body ended, or stopped being HTTP, before all of it came; most likely nobody is left to be told.
struct BodyCutOff: Error {}
