import Foundation
import TestSupport
import Testing

/// `http.allowedOrigins`: what browsers of pages on other origins get.
@Suite struct CrossOriginTests {
    private static let origin = "https://app.example"
    private static let running = Result {
        try Server(arguments: ["--allowed-origins", "http://localhost:3000,\(origin)"])
    }

    private func tenant() throws -> Tenant { try Self.running.get().tenant(permissions: "*") }

    private static func preflight(
        _ tenant: Tenant,
        _ target: String,
        from origin: String = origin,
        for method: String = "POST"
    ) throws -> HTTPResponse {
        let headers = [
            ("Origin", origin), ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", "authorization,content-type"),
        ]
        return try tenant.request("OPTIONS", target, authorisation: "", headers: headers)
    }

    private static func accessFields(_ response: HTTPResponse) -> [String] {
        response.headers.map(\.name).filter { $0.hasPrefix("access-control-") }
    }

    @Test(arguments: [
        ("/send-logs", "POST"), ("/send-logs/search", "GET, HEAD, POST"), ("/send-logs/send-1", "GET, HEAD"),
        ("/campaigns/spring", "GET, HEAD, PUT"), ("/health", "GET, HEAD"),
    ])
    func `a preflight gets 204 with the methods of its path`(path: String, methods: String) throws {
        let response = try Self.preflight(tenant(), path)
        #expect(response.status == 204 && response.body.isEmpty)
        #expect(response["content-length"] == nil && response["content-type"] == nil)
        #expect(response["access-control-allow-origin"] == Self.origin)
        #expect(response["vary"] == "Origin")
        #expect(response["access-control-allow-methods"] == methods)
        #expect(response["access-control-max-age"].flatMap { Int($0) } ?? 0 > 0)
        #expect(response["access-control-allow-credentials"] == nil)
        let allowed = response["access-control-allow-headers"]?.lowercased() ?? ""
        let expected = [
            "authorization", "x-api-key", "content-type", "content-encoding", "idempotency-key", "x-request-id",
            "if-none-match",
        ]
        for header in expected { #expect(allowed.split(separator: ", ").contains(header[...])) }
    }

    @Test func `a connection serves requests after a preflight`() throws {
        let tenant = try tenant()
        let connection = try tenant.server.connect()
        let headers = [("Origin", Self.origin), ("Access-Control-Request-Method", "GET")]
        for _ in 0..<3 {
            #expect(try connection.request("OPTIONS", "/balance", headers: headers).status == 204)
            #expect(try connection.request("GET", "/balance", headers: tenant.headers).status == 200)
        }
    }

    @Test func `successes, streams and failures name the allowed origin and expose their headers`() throws {
        let tenant = try tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let origin = [("Origin", Self.origin)]
        let responses = [
            (200, try tenant.request("GET", "/send-logs/send-1", headers: origin)),
            (200, try tenant.request("GET", "/send-logs/send-1?group_destinations=list", headers: origin)),
            (200, try tenant.request("POST", "/send-logs/export", headers: origin, body: [])),
            (200, try tenant.request("HEAD", "/balance", headers: origin)),
            (400, try tenant.request("POST", "/send-logs", headers: origin, body: [])),
            (401, try tenant.request("GET", "/balance", authorisation: "", headers: origin)),
            (404, try tenant.request("GET", "/nowhere", headers: origin)),
            (405, try tenant.request("DELETE", "/send-logs", headers: origin)),
            (405, try tenant.request("OPTIONS", "/send-logs", headers: origin)),
        ]
        for (status, response) in responses {
            #expect(response.status == status)
            #expect(response["access-control-allow-origin"] == Self.origin, "\(status)")
            #expect(response["access-control-allow-credentials"] == nil)
            #expect(response.headers.contains { $0.name == "vary" && $0.value == "Origin" })
            let exposed = response["access-control-expose-headers"]?.split(separator: ", ") ?? []
            for name in ["X-Request-Id", "Location", "Retry-After", "ETag", "X-Sendlog-Total", "Allow"] {
                #expect(exposed.contains(name[...]))
            }
        }
    }

    @Test func `429 names the allowed origin`() throws {
        let arguments = ["--allowed-origins", Self.origin, "--rate-limit-requests", "1", "--rate-limit-window", "600"]
        let tenant = try Server(arguments: arguments).tenant()
        let responses = try (0..<2).map { _ in
            try tenant.request("GET", "/balance", headers: [("Origin", Self.origin)])
        }
        #expect(responses.map(\.status) == [200, 429])
        #expect(responses.allSatisfy { $0["access-control-allow-origin"] == Self.origin })
    }

    @Test(arguments: ["https://evil.example", "null", "https://app.example.evil", "http://app.example"])
    func `an origin that is not allowed gets the same responses without the headers`(origin: String) throws {
        let tenant = try tenant()
        let preflight = try Self.preflight(tenant, "/send-logs", from: origin)
        try expectFailure(preflight, 405, "method_not_allowed")
        let response = try tenant.request("GET", "/balance", headers: [("Origin", origin)])
        _ = try response.data()
        #expect(Self.accessFields(preflight).isEmpty && Self.accessFields(response).isEmpty)
        // A cache must not give this response to an allowed page.
        #expect(response["vary"] == "Origin")
    }

    @Test func `pages of the console are not for other origins`() throws {
        let tenant = try tenant()
        #expect(try Self.preflight(tenant, "/nowhere").status == 404)
        for path in ["/console/sign-in", "/console/sends", "/console/assets/style.css"] {
            let preflight = try Self.preflight(tenant, path, for: "GET")
            #expect(preflight.status == 405 && Self.accessFields(preflight).isEmpty, "\(path)")
            let page = try tenant.request("GET", path, authorisation: "", headers: [("Origin", Self.origin)])
            #expect(page.status < 400 && Self.accessFields(page).isEmpty, "\(path)")
        }
        let missing = [("Origin", Self.origin), ("Accept", "text/html")]
        #expect(Self.accessFields(try tenant.request("GET", "/nowhere", headers: missing)).isEmpty)
    }

    @Test func `without the setting, OPTIONS gets 405 and no response has the headers`() throws {
        let tenant = try Shared.emptyTenant
        let preflight = try Self.preflight(tenant, "/send-logs")
        try expectFailure(preflight, 405, "method_not_allowed")
        #expect(preflight["allow"] == "POST")
        let response = try tenant.request("GET", "/balance", headers: [("Origin", Self.origin)])
        for one in [preflight, response] { #expect(Self.accessFields(one).isEmpty && one["vary"] == nil) }
    }

    @Test func `the metrics count preflights apart`() throws {
        let tenant = try tenant()
        #expect(try Self.preflight(tenant, "/balance").status == 204)
        let metrics = try tenant.get("/metrics").text
        #expect(metrics.contains(#"sendlog_http_request_seconds_count{route="preflight",status="204"}"#))
    }
}
