import TestSupport
import Testing

/// The headers in which a client can send its key.
@Suite struct KeyHeaderTests {
    private static func get(_ tenant: Tenant, _ headers: [Header]) throws -> HTTPResponse {
        try tenant.request("GET", "/send-logs/send-1", authorisation: "", headers: headers)
    }

    @Test(arguments: ["X-Api-Key", "x-api-key", "X-API-KEY"])
    func `a key is accepted in X-Api-Key`(header: String) throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        #expect(try Self.get(tenant, [(header, " \(tenant.key) ")]).status == 200)
        let found = try tenant.request(
            "POST",
            "/send-logs/search",
            authorisation: "",
            headers: [(header, tenant.key)],
            body: []
        )
        #expect(try found.data()["total"] == 1)
    }

    @Test func `Authorization counts if a request has both headers`() throws {
        let (tenant, other) = (try Shared.server.tenant(), try Shared.server.tenant())
        try tenant.record(SampleLog(id: "send-1"))
        #expect(try Self.get(tenant, tenant.headers + [("X-Api-Key", "nonsense")]).status == 200)
        #expect(try Self.get(tenant, [("X-Api-Key", other.key)] + tenant.headers).status == 200)
        #expect(try Self.get(tenant, other.headers + [("X-Api-Key", tenant.key)]).status == 404)
        for authorization in ["Bearer nonsense", "Basic dXNlcjpwYXNz", "Bearer", tenant.key] {
            let headers = [("Authorization", authorization), ("X-Api-Key", tenant.key)]
            try expectFailure(Self.get(tenant, headers), 401, "unauthorized")
        }
    }

    @Test func `an invalid X-Api-Key gets the same 401 as a missing key`() throws {
        // After ten invalid keys a server delays its responses, and closes their connections.
        let tenant = try Server().tenant()
        let withoutKey = try Self.get(tenant, [])
        try expectFailure(withoutKey, 401, "unauthorized", says: "Authorization: Bearer <key>")
        for key in ["", "nonsense", "Bearer \(tenant.key)", "\(tenant.key)x", String(repeating: "a", count: 5000)] {
            let response = try Self.get(tenant, [("X-Api-Key", key)])
            #expect(response.status == 401 && response["www-authenticate"] == "Bearer")
            #expect(response.textWithoutID == withoutKey.textWithoutID)
            #expect(response.headers.map(\.name) == withoutKey.headers.map(\.name))
        }
    }

    @Test func `X-Api-Key does not open the console`() throws {
        let tenant = try Shared.server.tenant()
        let page = try tenant.request(
            "GET",
            "/console/sends",
            authorisation: "",
            headers: [("X-Api-Key", tenant.key)]
        )
        #expect(page.status == 303)
    }
}
