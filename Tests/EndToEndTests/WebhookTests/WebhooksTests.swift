import Foundation
import Testing

/// Webhooks over HTTP: create, read, update and delete.
@Suite struct WebhooksTests {
    private static let fields = [
        "_id", "active", "behind", "body", "campaign_id", "createdAt", "encodeIntoUrl", "failed", "failures",
        "headers", "heldUntil", "method", "name", "paused", "replays", "secrets", "state", "updatedAt", "url",
    ]

    /// No request is ever made to this URL, because no send is recorded.
    private static let full =
        #"{"name":"CRM 😀","url":"https://receiver.example/x?s={{send._id}}","method":"GET","campaign_id":["b","a"],"#
        + #""headers":{"X-B":"{{ send._id }}","Authorization":"Bearer x"},"body":"{\"n\": {{send.destinations}}}","#
        + #""encodeIntoUrl":true,"active":false}"#

    private func tenant() throws -> Tenant { try Shared.server.tenant(permissions: "webhook") }

    @Test func `a webhook is created with all fields, and read as it was written`() throws {
        let tenant = try tenant()
        let response = try tenant.post("/webhooks", Self.full)
        let made = try response.data(201)
        #expect(made.names == (Self.fields + ["secret"]).sorted())
        let whole = try JSON(parsing: Self.full.utf8)
        for name in whole.names { #expect(made[name] == whole[name], "\(name)") }
        // The headers are in the order of the request.
        #expect(response.text.contains(#""headers":{"X-B":"{{ send._id }}","Authorization":"Bearer x"}"#))
        #expect(made["paused"] == .null && made["failures"] == 0 && made["behind"] == 0)
        #expect(made["failed"] == 0 && made["replays"] == [])
        #expect(made["createdAt"] == made["updatedAt"] && made["createdAt"].string?.hasSuffix("Z") == true)
        let id = try #require(made["_id"].string)
        let one = try tenant.get("/webhooks/\(id)").data()
        #expect(one.names == Self.fields)
        for name in Self.fields { #expect(one[name] == made[name], "\(name)") }
        #expect(try tenant.get("/webhooks").data() == ["webhooks": [one]])
    }

    @Test func `omitted fields have their defaults`() throws {
        let made = try tenant().post("/webhooks", #"{"url":"http://receiver.example"}"#).data(201)
        #expect(made["name"] == "" && made["method"] == "POST" && made["headers"] == [:])
        #expect(made["campaign_id"] == .null && made["body"] == .null)
        #expect(made["encodeIntoUrl"] == .bool(false) && made["active"] == .bool(true) && made["state"] == "active")
    }

    @Test func `the list has the webhooks in the order of creation`() throws {
        let tenant = try tenant()
        #expect(try tenant.get("/webhooks").dataText == #"{"webhooks":[]}"#)
        let ids = try (0..<5).map { number in
            try tenant.post("/webhooks", #"{"url":"https://receiver.example/\#(number)"}"#).data(201)["_id"]
        }
        #expect(try tenant.get("/webhooks").data()["webhooks"].elements.map(\.["_id"]) == ids)
        try expectFailure(tenant.get("/webhooks?limit=1"), 400, "invalid_request", issue: "limit")
    }

    @Test func `an update changes only the fields that it contains`() throws {
        let tenant = try tenant()
        let made = try tenant.post("/webhooks", Self.full).data(201)
        let path = "/webhooks/\(made["_id"].string ?? "")"
        let change = #"{"active":true,"name":"New","headers":{"X-C":"c"},"campaign_id":null}"#
        let changed = try tenant.request("PUT", path, body: Array(change.utf8)).data()
        #expect(changed.names == Self.fields)
        #expect(changed["active"] == .bool(true) && changed["name"] == "New" && changed["headers"] == ["X-C": "c"])
        #expect(changed["campaign_id"] == .null)
        for name in ["_id", "url", "method", "body", "encodeIntoUrl", "createdAt", "secrets"] {
            #expect(changed[name] == made[name], "\(name)")
        }
        #expect(try tenant.get(path).data() == changed)
        let cleared = #"{"body":null,"encodeIntoUrl":false,"headers":null}"#
        let bare = try tenant.request("PUT", path, body: Array(cleared.utf8)).data()
        #expect(bare["body"] == .null && bare["headers"] == [:])
    }

    @Test func `a webhook can be updated with its own fields, and not to an empty array of campaigns`() throws {
        let tenant = try tenant()
        for more in ["", #","campaign_id":["a"]"#] {
            let made = try tenant.post("/webhooks", #"{"url":"https://receiver.example"\#(more)}"#).data(201)
            let path = "/webhooks/\(made["_id"].string ?? "")"
            let again = Array(#"{"campaign_id":\#(more.isEmpty ? "null" : #"["a"]"#)}"#.utf8)
            #expect(try tenant.request("PUT", path, body: again).data()["campaign_id"] == made["campaign_id"])
            try expectFailure(
                tenant.request("PUT", path, body: Array(#"{"campaign_id":[]}"#.utf8)),
                400,
                "invalid_request",
                says: "campaign_id must not be an empty array; set it to null for all campaigns",
                issue: "campaign_id"
            )
            #expect(try tenant.get(path).data()["campaign_id"] == made["campaign_id"])
        }
    }

    @Test func `a webhook that was read is refused as a change, which names each read-only field`() throws {
        let tenant = try tenant()
        let made = try tenant.post("/webhooks", Self.full).data(201)
        let path = "/webhooks/\(made["_id"].string ?? "")"
        let before = try tenant.get(path)
        let text = try #require(before.dataText)
        let response = try tenant.request("PUT", path, body: Array(text.utf8))
        try expectFailure(response, 400, "invalid_request")
        let issues = try response.json()["error"]["issues"].elements
        #expect(
            issues.compactMap(\.["path"].string) == [
                "_id", "state", "paused", "heldUntil", "failures", "failed", "behind", "replays", "createdAt",
                "updatedAt", "secrets",
            ]
        )
        for issue in issues { #expect(issue["message"].string?.hasPrefix("is read-only; omit it") == true) }
        #expect(try tenant.get(path).dataText == text)
    }

    @Test func `a secret is returned when it is created, and never again`() throws {
        let tenant = try tenant()
        let made = try tenant.post("/webhooks", #"{"url":"https://receiver.example"}"#).data(201)
        let path = "/webhooks/\(made["_id"].string ?? "")"
        let first = try #require(made["secret"].string)
        #expect(Data(base64Encoded: String(first.dropFirst(6)))?.count == 32 && first.hasPrefix("whsec_"))
        let second = try tenant.request("PUT", path, body: Array(#"{"rotateSecret":true}"#.utf8)).data()
        let next = try #require(second["secret"].string)
        #expect(next != first)
        #expect(second["secrets"].elements.count == 2)
        #expect(second["secrets"][0]["expiresAt"] == .null)
        #expect(second["secrets"][1]["createdAt"] == made["createdAt"])
        #expect(second["secrets"][1]["expiresAt"].string?.hasSuffix("Z") == true)
        let provided = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let third = try tenant.request("PUT", path, body: Array(#"{"secret":"\#(provided)"}"#.utf8)).data()
        #expect(third["secret"].string == provided && third["secrets"].elements.count == 3)
        let json = #"{"url":"https://receiver.example","secret":"\#(provided)"}"#
        let other = try tenant.post("/webhooks", json).data(201)
        #expect(other["secret"].string == provided)
        let renamed = try tenant.request("PUT", path, body: Array(#"{"name":"x"}"#.utf8))
        for response in [try tenant.get(path), try tenant.get("/webhooks"), renamed] {
            #expect(response.status == 200 && !response.text.contains("whsec_"))
        }
    }

    @Test func `a deleted webhook is not found, nor are its deliveries`() throws {
        let tenant = try tenant()
        let made = try tenant.post("/webhooks", #"{"url":"https://receiver.example"}"#).data(201)
        let path = "/webhooks/\(made["_id"].string ?? "")"
        let response = try tenant.request("DELETE", path)
        #expect(response.dataText == #"{"_id":"\#(made["_id"].string ?? "")","deleted":true}"#)
        #expect(try tenant.get("/webhooks").data()["webhooks"] == [])
        try Self.expectNotFound(tenant, path)
    }

    @Test func `another organisation's webhook is not found`() throws {
        let owner = try tenant()
        let made = try owner.post("/webhooks", Self.full).data(201)
        let path = "/webhooks/\(made["_id"].string ?? "")"
        let other = try Shared.server.tenant(permissions: "*")
        try Self.expectNotFound(other, path)
        #expect(try other.get("/webhooks").data()["webhooks"] == [])
        #expect(try owner.get(path).data()["name"] == "CRM 😀")
    }

    @Test(arguments: ["a", "a.b", "%20", "0123456789abcdef01234567", "a%2Fb"])
    func `an unknown id is not found`(id: String) throws {
        try Self.expectNotFound(tenant(), "/webhooks/\(id)")
    }

    private static func expectNotFound(_ tenant: Tenant, _ path: String) throws {
        let requests = [
            ("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries"),
            ("POST", "/deliveries/1/redeliver"),
        ]
        for (method, rest) in requests {
            let body = method == "GET" || method == "DELETE" ? nil : Array("{}".utf8)
            try expectFailure(tenant.request(method, path + rest, body: body), 404, "resource_not_found")
        }
    }

    @Test(
        arguments: [
            ("webhook.read", "GET", ""), ("webhook.create", "POST", ""), ("webhook.read", "GET", "/ID"),
            ("webhook.update", "PUT", "/ID"), ("webhook.delete", "DELETE", "/ID"),
            ("webhook.update", "POST", "/ID/test"), ("webhook.read", "GET", "/ID/deliveries"),
            ("webhook.update", "POST", "/ID/deliveries/1/redeliver"),
        ]
    )
    func `each route requires its permission`(permission: String, method: String, path: String) throws {
        let all = ["webhook.read", "webhook.create", "webhook.update", "webhook.delete"]
        let owner = try tenant()
        let id = try owner.post("/webhooks", Self.full).data(201)["_id"].string ?? ""
        let target = "/webhooks" + path.replacing("ID", with: id)
        let body = method == "POST" || method == "PUT" ? Array(Self.full.utf8) : nil
        let without = try Shared.server.key(
            of: owner.name,
            permissions: all.filter { $0 != permission } + ["sendLog", "campaign"]
        )
        let refused = try owner.request(method, target, authorisation: "Bearer \(without)", body: body)
        try expectFailure(refused, 403, "permission_denied", says: permission)
        let with = try Shared.server.key(of: owner.name, permissions: [permission])
        let response = try owner.request(method, target, authorisation: "Bearer \(with)", body: body)
        #expect(response.status != 403, "\(response.text)")
        try expectFailure(owner.request(method, target, authorisation: "", body: body), 401, "unauthorized")
    }

    @Test func `other methods get 405`() throws {
        let tenant = try tenant()
        try expectFailure(tenant.request("PUT", "/webhooks"), 405, "method_not_allowed")
        try expectFailure(tenant.request("POST", "/webhooks/a"), 405, "method_not_allowed")
        try expectFailure(tenant.request("GET", "/webhooks/a/test"), 405, "method_not_allowed")
        try expectFailure(tenant.request("DELETE", "/webhooks/a/deliveries"), 405, "method_not_allowed")
        try expectFailure(tenant.request("GET", "/webhooks/a/deliveries/1/redeliver"), 405, "method_not_allowed")
    }

    @Test func `a webhook beyond the limit is refused`() throws {
        let tenant = try tenant()
        let connection = try tenant.server.connect()
        let body = Array(#"{"url":"https://receiver.example"}"#.utf8)
        for _ in 0..<100 {
            #expect(try connection.request("POST", "/webhooks", headers: tenant.headers, body: body).status == 201)
        }
        let response = try tenant.request("POST", "/webhooks", body: body)
        try expectFailure(
            response,
            400,
            "invalid_request",
            says: "limit reached: an organisation can have at most 100 webhooks",
            issue: ""
        )
        #expect(try tenant.get("/webhooks").data()["webhooks"].elements.count == 100)
    }
}
