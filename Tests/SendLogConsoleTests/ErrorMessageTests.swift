import NIOCore
import NIOHTTP1
import SendLogCore
import SendLogHTTP
import SendLogServices
import Testing

@testable import SendLogAPI
@testable import SendLogConsole

/// What error pages say, and which next step they have.
struct ErrorMessageTests {
    private static func request(
        _ method: HTTPMethod = .GET,
        _ target: String = "/console/sends?page=2",
        from referrer: String? = nil
    ) -> HTTPRequest {
        var headers: HTTPHeaders = ["Host": "localhost:8080", "Cookie": "sendlog_zone=Africa%2FJohannesburg"]
        if let referrer { headers.add(name: "Referer", value: "http://localhost:8080\(referrer)") }
        return HTTPRequest(method: method, target: target, headers: headers, body: RequestBody(ByteBuffer()))
    }

    private static func message(_ failure: APIError, _ request: HTTPRequest = request()) throws -> ErrorMessage {
        ErrorMessage(failure, request, at: try #require(Timestamp(rfc3339: "2026-01-31T12:00:10Z")))
    }

    private static let failures: [(APIError, title: String)] = [
        (.invalidRequest(InvalidInput(sentences: ["“page” must be a number."])), "The address is not valid"),
        (Form.invalidToken, "The form has expired"), (.permissionDenied(.readKeys), "Permission denied"),
        (.notFound("not found; see /sendlog/openapi.json"), "Page not found"),
        (.notFound("send log a not found"), "Page not found"), (.noRecipientLink, "Link not valid"),
        (.methodNotAllowed("GET", allow: ["POST"]), "Not possible at this address"),

        (.payloadTooLarge(limit: 65_536), "The input is too long"),
        (.unsupportedMediaType, "Request not supported"), (.idempotencyKeyReused, "Request not supported"),
        (.rateLimited(retryAfter: 50, resetsAt: 1_769_860_860), "Too many requests"),
        (.concurrencyLimitReached("exports", limit: 4), "Too many requests"),
        (.internalError("a secret cause"), "Something went wrong"),
        (.unavailable("the database is busy", detail: "a secret cause"), "Temporarily unavailable"),
        (.noRecipientIndex, "Recipient search is off"), (APIError(.expectationUnknown), "Request not supported"),
        (APIError(.transferEncodingUnknown), "Request not supported"),
        (APIError(TruncatedBody()), "The address is not valid"),
        (APIError(ServiceError.overloaded(kind: "exports", limit: 4)), "Temporarily unavailable"),
        (APIError(ServiceError.replayRefused("the webhook is paused")), "Not possible now"),
    ]

    @Test(arguments: failures)
    func `each failure has a heading and sentences for people`(failure: APIError, title: String) throws {
        for request in [Self.request(), Self.request(.POST, "/console/keys")] {
            let message = try Self.message(failure, request)
            let isForm = request.method == .POST && title == "The address is not valid"
            #expect(message.title == (isForm ? "The input is not valid" : title))
            #expect(message.text.first?.isUppercase == true || message.text.hasPrefix("“"))
            #expect(message.text.hasSuffix("."))
            for word in ["openapi.json", "retry after", "secret", "the body", "GET"] {
                #expect(!message.text.contains(word), "\(message.text)")
            }
        }
    }

    @Test func `a page that is busy says when to try again, in the zone of the user`() throws {
        let limited = APIError.rateLimited(retryAfter: 50, resetsAt: 1_769_860_860)
        let page = try Self.message(limited)
        #expect(page.text.hasSuffix("Try again in 50 seconds, at 14:01:00 (Africa/Johannesburg)."))
        #expect(page.step == ErrorMessage.Link(label: "Try again", path: "/console/sends?page=2"))
        let form = try Self.message(limited, Self.request(.POST, "/console/keys", from: "/console/keys"))
        #expect(form.text.contains("Go back and submit the form again in 50 seconds"))
        #expect(form.step == ErrorMessage.Link(label: "Back to the previous page", path: "/console/keys"))
        let again = try Self.message(limited, Self.request(.GET, "/send-logs", from: "/send-logs"))
        #expect(again.step == nil)
        let busy = try Self.message(.unavailable("the database is busy", detail: ""))
        #expect(busy.text == "The database is busy. Try again in 1 second.")
    }

    @Test func `the next step is a page of the console, and another one than that of the error`() throws {
        let invalid = APIError.invalidRequest(InvalidInput(sentences: ["“page” must be a number."]))
        let plain = ErrorMessage.Link(label: "Open the page without parameters", path: "/console/sends")
        #expect(try Self.message(invalid).step == plain)
        for (target, referrer) in [
            ("/console/sends.csv?page=x", nil), ("/console/sends", nil), ("/console/sends", "/console/sends"),
            ("/console/sends", "/send-logs"), ("/console/sends", "/console/../send-logs"),
            ("//elsewhere.example/x?a=1", "//elsewhere.example"),
        ] as [(String, String?)] {
            #expect(try Self.message(invalid, Self.request(.GET, target, from: referrer)).step == nil, "\(target)")
        }
        let failed = APIError.internalError("")
        #expect(try Self.message(failed, Self.request(.GET, "//elsewhere.example/")).step == nil)
        let denied = try Self.message(.permissionDenied(.readKeys), Self.request(.GET, "/console/keys"))
        #expect(denied.step?.path == "/console/sign-in?next=%2Fconsole%2Fkeys")
        let expired = try Self.message(Form.invalidToken, Self.request(.POST, "/console/x", from: "/console/keys"))
        #expect(expired.step == ErrorMessage.Link(label: "Open the page again", path: "/console/keys"))
        var slash = APIError.notFound("not found: the path has an extra slash; use /base/console/keys")
        slash.suggestedPath = "/console/keys"
        #expect(try Self.message(slash).step == ErrorMessage.Link(label: "Open /console/keys", path: "/console/keys"))
    }
}
