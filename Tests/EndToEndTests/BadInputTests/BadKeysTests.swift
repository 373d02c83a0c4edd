import TestSupport
import Testing

/// Keys that open nothing, or not this.
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
    func `a missing or malformed key opens nothing, and says nothing more`(authorisation: String) throws {
        let tenant = try Shared.emptyTenant
        let plain = try tenant.request("GET", "/send-logs/send-1", authorisation: "")
        for (method, path) in ResponseTests.endpoints {
            let answer = try tenant.request(
                method,
                path,
                authorisation: authorisation,
                body: method == "POST" ? Array("{}".utf8) : nil
            )
            try expectFailure(answer, 401, "unauthorized")
            #expect(answer["www-authenticate"] == "Bearer")
            #expect(answer.text == plain.text)
        }
    }

    @Test func `a key with one letter changed, missing or added opens nothing`() throws {
        let tenant = try Shared.server.tenant()
        let key = tenant.key
        #expect(key.hasPrefix("slk_"))
        #expect(try tenant.total() == 0)
        let changed = key.dropLast() + (key.hasSuffix("a") ? "b" : "a")
        for wrong in [
            String(changed), String(key.dropLast()), key + "a", key.lowercased(), key.uppercased(), " \(key) x",
        ] {
            let answer = try tenant.request("GET", "/send-logs/send-1", authorisation: "Bearer \(wrong)")
            try expectFailure(answer, 401, "unauthorized")
        }
    }

    @Test func `the scheme's name may be written in any case`() throws {
        let tenant = try Shared.emptyTenant
        for scheme in ["bearer", "BEARER", "Bearer"] {
            let answer = try tenant.request("GET", "/send-logs/send-1", authorisation: "\(scheme) \(tenant.key)")
            #expect(answer.status == 404)
        }
    }

    @Test func `a key of another database opens nothing`() throws {
        let elsewhere = try Server()
        let stranger = try elsewhere.tenant(permissions: "*")
        let tenant = try Shared.emptyTenant
        for (method, path) in ResponseTests.endpoints {
            let answer = try tenant.request(method, path, authorisation: "Bearer \(stranger.key)")
            try expectFailure(answer, 401, "unauthorized")
        }
    }

    @Test func `without a key nothing of a body is read`() throws {
        let tenant = try Shared.server.tenant()
        let body = Array("nonsense".utf8)
        for path in ["/send-logs", "/send-logs/search", "/send-logs/import"] {
            let answer = try tenant.request("POST", path, authorisation: "", body: body)
            try expectFailure(answer, 401, "unauthorized")
        }
        let log = Array(SampleLog(id: "send-1").json.utf8)
        let refused = try tenant.request("POST", "/send-logs", authorisation: "Bearer x", body: log)
        try expectFailure(refused, 401, "unauthorized")
        #expect(try tenant.total() == 0)
    }

    @Test func `no log of the server ever holds a key, a number or a message`() throws {
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
        #expect(server.process.errors.contains("request_id="))
        for secret in ["27829998877", "confidential", tenant.key] { #expect(!server.process.errors.contains(secret)) }
    }
}
