import Foundation
import TestSupport
import Testing

/// Each error status with its causes, and unknown fields.
@Suite struct StatusTableTests {
    @Test(
        arguments: [
            (#"{"find":"#, "the body", ""), (#"{"find":{"campaign_id":7}}"#, "find.campaign_id", "find.campaign_id"),
            (#"{"find":{"campaign_id":["a",true]}}"#, "find.campaign_id[1]", "find.campaign_id[1]"),
            (#"{"find":{"campain_id":["a"]}}"#, "find.campain_id", "find.campain_id"),
            (#"{"options":{"page":2}}"#, "options.page", "options.page"),
            (
                #"{"find":{"startDeliveryAt":{"$gte":"soon"}}}"#, "find.startDeliveryAt.$gte",
                "find.startDeliveryAt.$gte"
            ),
        ]
    )
    func `400 names the field of a search`(body: String, fragment: String, path: String) throws {
        let response = try Shared.emptyTenant.post("/send-logs/search", body)
        try expectFailure(response, 400, "invalid_request", says: fragment, issue: path)
    }

    @Test func `400 names the field of a send log`() throws {
        let body = SampleLog(id: "send-1").json("message", "12")
        try expectFailure(
            Shared.emptyTenant.post("/send-logs", body),
            400,
            "invalid_request",
            says: "message",
            issue: "message"
        )
        let unknown = #"{"campaignId":"a","message":"m","triggeredBy":"t","destinations":[]}"#
        try expectFailure(
            Shared.emptyTenant.post("/send-logs", unknown),
            400,
            "invalid_request",
            says: "campaignId",
            "campaign_id"
        )
    }

    @Test func `400 reports all issues, not only the first`() throws {
        let body = #"{"find":{"campaign_id":[1,"ok",2]},"options":{"skip":-1,"limit":"5"}}"#
        let response = try Shared.emptyTenant.post("/send-logs/search", body)
        try expectFailure(response, 400, "invalid_request")
        let paths = try response.json()["error"]["issues"].elements.compactMap(\.["path"].string)
        #expect(Set(paths) == ["find.campaign_id[0]", "find.campaign_id[2]", "options.skip", "options.limit"])
    }

    @Test(arguments: ["campaignId", "campaignID", "campaign_ids", "campaign-id", "campain_id", "CAMPAIGN_ID"])
    func `400 suggests the nearest known name`(name: String) throws {
        let response = try Shared.emptyTenant.post("/send-logs/search", #"{"find":{"\#(name)":["a"]}}"#)
        try expectFailure(response, 400, "invalid_request", says: "find.\(name)", "campaign_id", issue: "find.\(name)")
    }

    @Test func `400 names an invalid group_destinations`() throws {
        for value in ["number", "LIST", "", "list,count", "%00"] {
            for response in [
                try Shared.emptyTenant.get("/send-logs/send-1?group_destinations=\(value)"),
                try Shared.emptyTenant.post("/send-logs/search?group_destinations=\(value)", "{}"),
            ] {
                try expectFailure(
                    response,
                    400,
                    "invalid_request",
                    says: "group_destinations",
                    issue: "group_destinations"
                )
            }
        }
    }

    @Test func `401 is the same for a missing, malformed, unknown, expired or revoked key`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        let elsewhere = try TemporaryFolder()
        let other = ["--database", "sqlite:\(elsewhere.file("other.sqlite"))"]
        _ = try Command(TestPaths.binary, ["organisation", "create", "A"] + other).succeeded()
        let unknown = try Command(
            TestPaths.binary,
            ["key", "create", "--organisation", "A", "--permission", "sendLog"] + other
        ).succeeded().lines[0]

        let tomorrow = Date.now.addingTimeInterval(86_400).ISO8601Format()
        let expired = try server.key(of: tenant.name, permissions: ["sendLog"], expires: tomorrow)
        let expiring = Tenant(server: server, name: tenant.name, key: expired)
        #expect(try expiring.get("/send-logs/none").status == 404)
        try server.executeSQL("UPDATE api_keys SET expires = 1 WHERE expires IS NOT NULL")
        try expiring.expectRefusal(within: 5, of: .now)

        let revoked = try server.key(of: tenant.name, permissions: ["sendLog"])
        let former = Tenant(server: server, name: tenant.name, key: revoked)
        #expect(try former.get("/send-logs/none").status == 404)
        let keys = try server.command("key", "list", "--organisation", tenant.name).succeeded().output
        let ids = keys.matches(of: /key_([0-9]+)/).compactMap { Int($0.1) }
        let newest = try #require(ids.max())
        _ = try server.command("key", "revoke", "--organisation", tenant.name, "key_\(newest)").succeeded()
        try former.expectRefusal(within: 5, of: .now)

        let authorisations = ["", "Bearer", "Bearer ", "Bearer nonsense", unknown, expired, revoked].map {
            $0.hasPrefix("slk_") ? "Bearer \($0)" : $0
        }
        let responses = try authorisations.map { try tenant.request("GET", "/send-logs/send-1", authorisation: $0) }
        for response in responses {
            try expectFailure(response, 401, "unauthorized")
            #expect(response["www-authenticate"] == "Bearer")
            #expect(response.textWithoutID == responses[0].textWithoutID)
            #expect(response.headers.map(\.name) == responses[0].headers.map(\.name))
        }
    }

    @Test func `403 names the missing permission`() throws {
        let reader = try Shared.server.tenant(permissions: "sendLog.read")
        for path in ["/send-logs", "/send-logs/import"] {
            let response = try reader.post(path, SampleLog(id: "send-1").json)
            try expectFailure(response, 403, "permission_denied", says: "sendLog.create")
        }
        #expect(try reader.total() == 0)
        let creator = try Shared.server.tenant(permissions: "sendLog.create")
        for response in [try creator.get("/send-logs/send-1"), try creator.post("/send-logs/search", "{}")] {
            try expectFailure(response, 403, "permission_denied", says: "sendLog.read")
        }
    }

    @Test(arguments: ["send-1", "5f5a1d8d2e0e4c6c8c0c0c0c", "%20", "a%2Fb", "..", "a.b", "%F0%9F%8E%89", "a:b", "*"])
    func `unknown and malformed ids get 404`(id: String) throws {
        try expectFailure(Shared.emptyTenant.get("/send-logs/\(id)"), 404, "resource_not_found")
    }

    @Test(arguments: ["/", "/send-log", "/sendlogs", "/send-logs/a/b", "/v1/send-logs/a", "/health/live", "/admin"])
    func `an unknown route gets 404`(path: String) throws {
        let hint = "not found; see /openapi.json"
        try expectFailure(Shared.emptyTenant.get(path), 404, "resource_not_found", says: hint)
        try expectFailure(Shared.emptyTenant.post(path, "{}"), 404, "resource_not_found", says: hint)
    }

    @Test(
        arguments: [
            ("/send-logs/", "/send-logs"), ("/campaigns/", "/campaigns"), ("/send-logs/search/", "/send-logs/search"),
            ("/send-logs//", "/send-logs"), ("//send-logs", "/send-logs"), ("/send-logs//search", "/send-logs/search"),
            ("/send-logs/send-1/", "/send-logs/send-1"), ("//health//", "/health"),
            ("/webhooks/a//test/?x=1", "/webhooks/a/test"), ("/console/keys/", "/console/keys"),
        ]
    )
    func `a path with an extra slash gets 404, which names the path without it`(path: String, right: String) throws {
        let message = "not found: the path has an extra slash; use \(right)"
        for response in [try Shared.emptyTenant.get(path), try Shared.emptyTenant.post(path, "{}")] {
            try expectFailure(response, 404, "resource_not_found")
            #expect(try response.json()["error"]["message"].string == message)
        }
    }

    @Test(arguments: ["/nothing/", "//", "/send-logs/a//b", "/send-logs/\(String(repeating: "a", count: 5000))/"])
    func `a path without a route has no hint at slashes`(path: String) throws {
        let response = try Shared.emptyTenant.request("GET", path, authorisation: "")
        try expectFailure(response, 404, "resource_not_found", says: "see /openapi.json")
        #expect(response.body.count < 500)
    }

    @Test(
        arguments: [
            ("DELETE", "/send-logs/send-1", "GET"), ("PUT", "/send-logs/send-1", "GET"),
            ("POST", "/send-logs/send-1", "GET"),
            ("GET", "/send-logs", "POST"), ("PUT", "/send-logs", "POST"), ("DELETE", "/send-logs", "POST"),
            ("PATCH", "/send-logs/search", "POST"), ("PUT", "/send-logs/import", "POST"), ("POST", "/health", "GET"),
            ("DELETE", "/metrics", "GET"), ("PUT", "/openapi.json", "GET"),
        ]
    )
    func `405 names the allowed methods`(method: String, path: String, allowed: String) throws {
        let response = try Shared.emptyTenant.request(method, path)
        try expectFailure(response, 405, "method_not_allowed")
        let methods = (response["allow"] ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(methods.contains(allowed))
        #expect(!methods.contains(method))
    }

    @Test func `an id with a different record gets 409`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let other = SampleLog(id: "send-1", message: "something else")
        try expectFailure(tenant.post("/send-logs", other.json), 409, "conflict", says: "_id")
    }

    @Test func `413 names the limit`() throws {
        let campaigns = "\"\(String(repeating: "a", count: 60))\","
        let body = #"{"find":{"campaign_id":[\#(String(repeating: campaigns, count: 34_000))"a"]}}"#
        let response = try Shared.emptyTenant.post("/send-logs/search", body)
        try expectFailure(response, 413, "payload_too_large")
        let message = try response.json()["error"]["message"].string ?? ""
        #expect(message.contains { $0.isNumber })
    }

    @Test func `500 hides its cause, and the log has it`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        try tenant.record(SampleLog(id: "send-1", message: "secret words", destinations: ["27820009999"]))
        try server.executeSQL(
            "ALTER TABLE send_logs RENAME TO mislaid; ALTER TABLE destination_chunks RENAME TO mislaid_too;"
        )
        for response in [try tenant.get("/send-logs/send-1"), try tenant.post("/send-logs/search", "{}")] {
            try expectFailure(response, 500, "internal_error")
            for word in ["SQL", "sqlite", "send_logs", "table", "mislaid"] {
                #expect(!response.text.localizedCaseInsensitiveContains(word))
            }
            let id = try #require(response["x-request-id"])
            #expect(
                Deadline.poll(for: 60) {
                    server.log.split(separator: "\n").contains {
                        $0.contains("request_id=\(id)") && $0.localizedCaseInsensitiveContains("error")
                    }
                }
            )
        }
        for secret in ["27820009999", "secret words", tenant.key] { #expect(!server.log.contains(secret)) }
        #expect(try server.stop() == .code(0))
    }
}
