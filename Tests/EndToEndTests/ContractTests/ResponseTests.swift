import Foundation
import TestSupport
import Testing

/// Keys, the envelope, request IDs and bodies of all endpoints.
@Suite struct ResponseTests {
    static let endpoints = [
        ("GET", "/send-logs/send-1"), ("POST", "/send-logs/search"), ("POST", "/send-logs"),
        ("POST", "/send-logs/import"), ("GET", "/campaigns"), ("POST", "/campaigns/search"), ("GET", "/campaigns/a"),
        ("GET", "/whoami"), ("GET", "/balance"), ("GET", "/tags"), ("POST", "/recipients/compare"),
    ]

    @Test(arguments: endpoints)
    func `every endpoint requires a key`(method: String, path: String) throws {
        let response = try Shared.emptyTenant.request(method, path, authorisation: "")
        try expectFailure(response, 401, "unauthorized")
    }

    @Test func `health needs no key`() throws {
        let response = try Shared.emptyTenant.request("GET", "/health", authorisation: "")
        _ = try response.data()
        #expect(response["content-type"]?.hasPrefix("application/json") == true)
    }

    @Test func `metrics need no key and are Prometheus text`() throws {
        let response = try Shared.emptyTenant.request("GET", "/metrics", authorisation: "")
        #expect(response.status == 200)
        #expect(response["content-type"]?.hasPrefix("text/plain") == true)
        #expect(response.text.contains("# TYPE "))
        #expect(response.text.hasSuffix("\n"))
    }

    @Test func `the OpenAPI document needs no key`() throws {
        let response = try Shared.emptyTenant.request("GET", "/openapi.json", authorisation: "")
        #expect(response.status == 200)
        let document = try response.json()
        #expect(document["openapi"].string?.hasPrefix("3.1") == true)
        let paths = ["/send-logs", "/send-logs/import", "/send-logs/search"]
        #expect(Set(paths).isSubset(of: document["paths"].names))
        #expect(!document["paths"].names.contains { $0.contains("/v1") })
    }

    @Test func `a success has a 2xx status and ok in its body`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1")
        let responses = [
            (201, try tenant.post("/send-logs", log.json)), (200, try tenant.post("/send-logs", log.json)),
            (200, try tenant.post("/send-logs/import", log.json)), (200, try tenant.get("/send-logs/send-1")),
            (200, try tenant.post("/send-logs/search", "{}")),
        ]
        for (status, response) in responses {
            #expect(response.status == status)
            #expect(response.text.hasPrefix("{\"ok\":true,\"data\":{"))
            #expect(try response.json().names == ["data", "ok", "requestId"])
            #expect(response["content-type"]?.hasPrefix("application/json") == true)
        }
    }

    @Test func `a valid request id is returned`() throws {
        for id in ["order-4711", "7f6a1c2e-0d43-4b7e-9a53-0f6c1a2b3c4d", "A_b.9"] {
            let response = try Shared.emptyTenant.request("GET", "/send-logs/nothing", headers: [("X-Request-Id", id)])
            #expect(response["x-request-id"] == id)
        }
    }

    @Test(arguments: [
        "", "two words", "quote\"", String(repeating: "a", count: 1000), "semi=colon;", "é", "a\tb",
    ])
    func `an invalid request id is replaced`(id: String) throws {
        let response = try Shared.emptyTenant.request("GET", "/send-logs/nothing", headers: [("X-Request-Id", id)])
        #expect(response.status == 404)
        #expect(response["x-request-id"] != id)
        #expect(response.headers.filter { $0.name == "x-request-id" }.count == 1)
    }

    @Test func `each request without an id gets a unique one`() throws {
        let ids = try (0..<20).map { _ in try Shared.emptyTenant.get("/send-logs/nothing")["x-request-id"] }
        #expect(Set(ids).count == 20)
    }

    @Test func `every log line of a request has its id`() throws {
        let server = try Shared.server
        let id = "trace-\(UUID().uuidString)"
        _ = try Shared.emptyTenant.request("GET", "/send-logs/nothing", headers: [("X-Request-Id", id)])
        #expect(Deadline.poll(for: 60) { server.process.errors.contains("request_id=\(id)") })
        // The last line may be incomplete.
        let lines = server.log.components(separatedBy: "\n").dropLast().filter { $0.contains("/send-logs") }
        #expect(!lines.isEmpty)
        #expect(lines.allSatisfy { $0.contains("request_id=") })
    }

    @Test(
        arguments: [
            "application/x-www-form-urlencoded", "text/plain; charset=utf-8", "application/json", "application/xml",
            "nonsense", "",
        ]
    )
    func `a JSON body is parsed with any content type`(type: String) throws {
        let tenant = try Shared.server.tenant()
        let headers = type.isEmpty ? [] : [("Content-Type", type)]
        let body = Array(SampleLog(id: "send-1").json.utf8)
        #expect(try tenant.request("POST", "/send-logs", headers: headers, body: body).status == 201)
        let search = Array(#"{"find":{"campaign_id":["spring"]}}"#.utf8)
        let found = try tenant.request("POST", "/send-logs/search", headers: headers, body: search)
        #expect(try found.data()["total"] == 1)
        let again = try tenant.request("POST", "/send-logs/import", headers: headers, body: body)
        #expect(try again.data()["existing"] == 1)
    }

    @Test func `an empty body means an empty object`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        for body in [nil, [], Array(" \r\n\t".utf8)] as [[UInt8]?] {
            let response = try tenant.request("POST", "/send-logs/search", body: body)
            #expect(try response.data() == tenant.search("{}"))
        }
        // A create requires fields that an empty object lacks.
        let refused = try tenant.request("POST", "/send-logs", body: [])
        try expectFailure(refused, 400, "invalid_request", says: "campaign_id", issue: "campaign_id")
        let nothing = try tenant.request("POST", "/send-logs/import", body: []).data()
        #expect(nothing == ["recorded": 0, "existing": 0, "failed": 0, "errors": []])
    }

    @Test func `a body can have chunks of any size`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1", message: "môre 🎉", destinations: (0..<500).map { "2782\(1_000_000 + $0)" })
        let created = try tenant.request("POST", "/send-logs", body: Array(log.json.utf8), chunked: [1, 2, 3, 61])
        #expect(created.status == 201)
        let search = Array(#"{"find":{"campaign_id":["spring"]}}"#.utf8)
        #expect(try tenant.request("POST", "/send-logs/search", body: search, chunked: [1]).data()["total"] == 1)
    }

    @Test func `a connection serves further requests after a failure`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let connection = try tenant.server.connect()
        for _ in 0..<5 {
            #expect(try connection.request("GET", "/send-logs/send-1", headers: tenant.headers).status == 200)
            #expect(try connection.request("GET", "/send-logs/send-2", headers: tenant.headers).status == 404)
            let body = Array(#"{"options":{"skip":-1}}"#.utf8)
            #expect(
                try connection.request("POST", "/send-logs/search", headers: tenant.headers, body: body).status == 400
            )
            #expect(try connection.request("GET", "/nowhere", headers: tenant.headers).status == 404)
        }
    }
}
