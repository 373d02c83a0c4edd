import TestSupport
import Testing

/// Requests without a valid API key.
@Suite struct BadKeysTests {
    @Test(
        arguments: [
            "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "slk_", "Token abc", "Bearer slk_", "Bearer null",
            "Bearer 'OR 1=1",
            "Bearer \(String(repeating: "a", count: 10_000))", "Bearer slk_\(String(repeating: "0", count: 38))",
            "Bearer é",
            "Bearer a b", "Bearer\tx", "Digest username=\"a\"",
        ]
    )
    func `a missing and a malformed key get the same 401`(authorisation: String) throws {
        let tenant = try Shared.emptyTenant
        let withoutKey = try tenant.request("GET", "/send-logs/send-1", authorisation: "")
        for (method, path) in ResponseTests.endpoints {
            let response = try tenant.request(
                method,
                path,
                authorisation: authorisation,
                body: method == "POST" ? Array("{}".utf8) : nil
            )
            try expectFailure(response, 401, "unauthorized")
            #expect(response["www-authenticate"] == "Bearer")
            #expect(response.textWithoutID == withoutKey.textWithoutID)
        }
    }

    @Test func `a key with one character changed, removed or added gets 401`() throws {
        let tenant = try Shared.server.tenant()
        let key = tenant.key
        #expect(key.hasPrefix("slk_"))
        #expect(try tenant.total() == 0)
        let changed = key.dropLast() + (key.hasSuffix("a") ? "b" : "a")
        for wrong in [
            String(changed), String(key.dropLast()), key + "a", key.lowercased(), key.uppercased(), " \(key) x",
        ] {
            let response = try tenant.request("GET", "/send-logs/send-1", authorisation: "Bearer \(wrong)")
            try expectFailure(response, 401, "unauthorized")
        }
    }

    @Test func `the authentication scheme is case-insensitive`() throws {
        let tenant = try Shared.emptyTenant
        for scheme in ["bearer", "BEARER", "Bearer"] {
            let response = try tenant.request("GET", "/send-logs/send-1", authorisation: "\(scheme) \(tenant.key)")
            #expect(response.status == 404)
        }
    }

    @Test func `a key of another database gets 401`() throws {
        let otherServer = try Server()
        let otherTenant = try otherServer.tenant(permissions: "*")
        let tenant = try Shared.emptyTenant
        for (method, path) in ResponseTests.endpoints {
            let response = try tenant.request(method, path, authorisation: "Bearer \(otherTenant.key)")
            try expectFailure(response, 401, "unauthorized")
        }
    }

    @Test func `the body of a request without a valid key is not parsed`() throws {
        let tenant = try Shared.server.tenant()
        let body = Array("nonsense".utf8)
        for path in ["/send-logs", "/send-logs/search", "/send-logs/import"] {
            let response = try tenant.request("POST", path, authorisation: "", body: body)
            try expectFailure(response, 401, "unauthorized")
        }
        let log = Array(SampleLog(id: "send-1").json.utf8)
        let refused = try tenant.request("POST", "/send-logs", authorisation: "Bearer x", body: log)
        try expectFailure(refused, 401, "unauthorized")
        #expect(try tenant.total() == 0)
    }

    @Test func `the server's log contains no key, destination or message`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        let log = SampleLog(id: "send-1", message: "confidential words", destinations: ["27829998877"])
        try tenant.record(log)
        _ = try tenant.get("/send-logs/send-1?group_destinations=list")
        _ = try tenant.search(#"{"find":{"campaign_id":["spring"]}}"#, list: true)
        _ = try tenant.post("/send-logs", log.json("message", "\"other confidential words\""))
        _ = try tenant.post("/send-logs", log.json("destinations", "[\"27829998877\",27829998877]"))
        _ = try tenant.post("/send-logs/import", "confidential words 27829998877")
        _ = try tenant.request("GET", "/send-logs/send-1", authorisation: "Bearer \(tenant.key)x")
        #expect(try server.stop() == .code(0))
        #expect(server.log.contains("request_id="))
        for secret in ["27829998877", "confidential", tenant.key] { #expect(!server.log.contains(secret)) }
    }
}
