import NIOCore
import NIOHTTP1
import SendLogCore
import SendLogHTTP
import Testing

@testable import SendLogAPI

@Suite struct EnvelopeTests {
    private static func text(_ response: Response) -> String {
        (response.body ?? []).map { String(buffer: $0) }.joined()
    }

    private static func input(_ id: String) -> RouteInput {
        let request = HTTPRequest(method: .GET, target: "/", headers: [:], body: RequestBody(ByteBuffer()))
        return RouteInput(request: request, parameter: "", now: ServiceUnderTest.now, requestID: id)
    }

    @Test func `the request ID is the last member of a success and of a failure`() {
        let success = Response.success(for: Self.input("a-1"), status: .created) { $0.append("[7]") }
        #expect(success.status == .created)
        #expect(Self.text(success) == #"{"ok":true,"data":[7],"requestId":"a-1"}"#)
        let failure = APIError.rateLimited(retryAfter: 1, resetsAt: 2).response(requestID: "a-2")
        #expect(Self.text(failure).hasPrefix(#"{"ok":false,"error":{"code":"rate_limited","message":""#))
        #expect(Self.text(failure).hasSuffix(#""resetsAt":2,"remaining":0},"requestId":"a-2"}"#))
    }

    @Test func `a request ID is escaped`() {
        #expect(Self.text(.success(for: Self.input("a\"\n")) { $0.append("0") }).hasSuffix(#","requestId":"a\"\n"}"#))
    }

    @Test func `the length around the data and the request ID is that of an empty envelope`() {
        var bytes: [UInt8] = []
        bytes.beginEnvelope()
        bytes.endEnvelope(requestID: "")
        #expect(bytes.count == Envelope.length)
    }

    @Test func `the errors of idempotency and encodings have their statuses, codes and headers`() {
        #expect(APIError.unsupportedMediaType.status == .unsupportedMediaType)
        #expect(APIError.unsupportedMediaType.code == "unsupported_media_type")
        #expect(APIError.unsupportedMediaType.message.contains("gzip"))
        #expect(APIError.idempotencyKeyReused.status == .unprocessableEntity)
        #expect(APIError.idempotencyKeyReused.code == "idempotency_key_reused")
        #expect(APIError.idempotencyInProgress.status == .conflict && APIError.idempotencyInProgress.code == "conflict")
        let fields = APIError.idempotencyInProgress.response(requestID: "").fields
        #expect(fields.contains { "\($0.name)" == "Retry-After" && $0.value == "1" })
        let (expectation, coding) = (APIError(.expectationUnknown), APIError(.transferEncodingUnknown))
        #expect(expectation.status == .expectationFailed && expectation.code == "expectation_failed")
        #expect(coding.status == .notImplemented && coding.code == "not_implemented")
    }
}
