import Foundation
import TestSupport
import Testing

/// The request ID in the body of each JSON response: the same as in the header.
@Suite struct EnvelopeTests {
    /// Expects the request ID as the last member of the envelope.
    private static func expect(_ response: HTTPResponse, _ status: Int, _ id: String) {
        #expect(response.status == status && response["x-request-id"] == id, "\(response.text.prefix(500))")
        #expect(response.text.hasSuffix(",\"requestId\":\"\(id)\"}"), "\(response.text.suffix(500))")
    }

    @Test func `each response has the request ID of its header at its end`() throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        let log = SampleLog(id: "send-1")
        let requests: [(Int, String, String, String)] = [
            (201, "POST", "/send-logs", log.json), (200, "POST", "/send-logs", log.json),
            (409, "POST", "/send-logs", log.json("message", "\"other\"")), (200, "POST", "/send-logs/import", log.json),
            (200, "GET", "/send-logs/send-1", ""), (200, "GET", "/send-logs/send-1?group_destinations=list", ""),
            (404, "GET", "/send-logs/none", ""), (200, "POST", "/send-logs/search", "{}"),
            (200, "POST", "/send-logs/search?group_destinations=list", "{}"), (200, "GET", "/campaigns", ""),
            (200, "POST", "/campaigns/search", "{}"), (200, "GET", "/campaigns/spring", ""),
            (200, "PUT", "/campaigns/spring", #"{"name":"Spring"}"#), (200, "GET", "/balance", ""),
            (200, "GET", "/tags", ""), (200, "GET", "/whoami", ""), (200, "GET", "/health", ""),
            (201, "POST", "/webhooks", #"{"url":"https://receiver.example"}"#), (200, "GET", "/webhooks", ""),
            (405, "DELETE", "/send-logs", ""), (400, "POST", "/send-logs", "{"), (404, "GET", "/nowhere", ""),
        ]
        for (index, (status, method, target, body)) in requests.enumerated() {
            let headers = [("X-Request-Id", "order.\(index)")]
            let response = try tenant.request(method, target, headers: headers, body: Array(body.utf8))
            Self.expect(response, status, "order.\(index)")
            #expect(try response.json().names == [status < 300 ? "data" : "error", "ok", "requestId"])
        }
        let refused = try tenant.request("GET", "/balance", authorisation: "", headers: [("X-Request-Id", "none")])
        Self.expect(refused, 401, "none")
    }

    @Test func `a long page that is streamed has the request ID, with and without lists`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record((0..<3000).map { SampleLog(id: "send-\($0)", message: String(repeating: "x", count: 500)) })
        for query in ["", "?group_destinations=list"] {
            let response = try tenant.request(
                "POST",
                "/send-logs/search\(query)",
                headers: [("X-Request-Id", "long")],
                body: Array(#"{"options":{"limit":3000}}"#.utf8)
            )
            Self.expect(response, 200, "long")
            #expect(try response.data()["send_logs"].elements.count == 3000)
        }
    }

    @Test func `a generated ID is in the response to input that is not HTTP`() throws {
        let connection = try Shared.server.connect()
        try connection.send("nonsense\r\n\r\n")
        let response = try connection.response()
        let id = try #require(response["x-request-id"])
        Self.expect(response, 400, id)
        try expectFailure(response, 400, "invalid_request")
    }

    @Test(arguments: ["/metrics", "/openapi.json", "/console/sign-in"])
    func `a response without an envelope has no request ID in its body`(path: String) throws {
        let response = try Shared.emptyTenant.request("GET", path, headers: [("X-Request-Id", "probe-4711")])
        #expect(response.status == 200 && response["x-request-id"] == "probe-4711")
        #expect(!response.text.contains("probe-4711"))
    }

    @Test(arguments: ["ndjson", "csv"])
    func `exports have no request ID in their body`(format: String) throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let headers = [("X-Request-Id", "probe-4711")]
        let response = try tenant.request("POST", "/send-logs/export?format=\(format)", headers: headers, body: [])
        #expect(response.status == 200 && response.text.contains("send-1"))
        #expect(!response.text.contains("probe-4711"))
    }
}
