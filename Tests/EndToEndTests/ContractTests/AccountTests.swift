import Foundation
import Testing

/// The routes that every valid key may use.
@Suite struct AccountTests {
    private static let paths = ["/whoami", "/balance", "/tags"]

    @Test func `a key sees its organisation, its ID and its permissions`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog.read", "campaign")
        let expected: JSON = [
            "organisation": ["name": .string(tenant.name)],
            "key": ["_id": .null, "name": "", "permissions": ["sendLog.read", "campaign"], "expiresAt": .null],
        ]
        let data = try tenant.get("/whoami").data()
        #expect(data["organisation"] == expected["organisation"])
        #expect(data["key"].names == expected["key"].names)
        for field in ["name", "permissions", "expiresAt"] { #expect(data["key"][field] == expected["key"][field]) }
        let listed = try tenant.server.command("key", "list", "--organisation", tenant.name).succeeded().output
        #expect(listed.contains(try #require(data["key"]["_id"].string)))
    }

    @Test func `a key sees its expiry`() throws {
        let tenant = try Shared.server.tenant()
        let key = try tenant.server.key(of: tenant.name, permissions: ["*"], expires: "2099-01-31T00:00:00Z")
        let data = try Tenant(server: tenant.server, name: tenant.name, key: key).get("/whoami").data()
        #expect(data["key"]["expiresAt"] == "2099-01-31T00:00:00.000Z")
        #expect(data["key"]["permissions"] == ["*"])
    }

    @Test func `the balance is 0 and there are no tags, for a key with any permission`() throws {
        for permission in ["webhook.delete", "sendLog", "*"] {
            let tenant = try Shared.server.tenant(permissions: permission)
            #expect(try tenant.get("/balance").dataText == "0")
            #expect(try tenant.get("/tags").dataText == "[]")
            #expect(try tenant.get("/whoami").status == 200)
        }
    }

    @Test(arguments: paths)
    func `a key is required`(path: String) throws {
        for authorisation in ["", "Bearer slk_none"] {
            let response = try Shared.emptyTenant.request("GET", path, authorisation: authorisation)
            try expectFailure(response, 401, "unauthorized")
        }
        try expectFailure(Shared.emptyTenant.post(path, "{}"), 405, "method_not_allowed")
        #expect(try Shared.emptyTenant.request("HEAD", path).status == 200)
    }
}
