import Testing

/// Campaigns over HTTP: their counters and names.
@Suite struct CampaignsTests {
    private func tenantWithSends() throws -> Tenant {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        try tenant.record([
            SampleLog(id: "a", campaign: "spring", start: "2022-01-15T12:00:00.000Z", destinations: ["1", "2"]),
            SampleLog(id: "b", campaign: "spring", start: "2022-03-01T00:00:00.001Z", destinations: ["1"]),
            SampleLog(id: "c", campaign: "summer", start: "2022-06-01T00:00:00.000Z", destinations: []),
        ])
        return tenant
    }

    private static let spring =
        #"{"_id":"spring","name":null,"sends":2,"destinations":3,"firstSendAt":"2022-01-15T12:00:00.000Z","lastSendAt":"2022-03-01T00:00:00.001Z"}"#
    private static let summer =
        #"{"_id":"summer","name":null,"sends":1,"destinations":0,"firstSendAt":"2022-06-01T00:00:00.000Z","lastSendAt":"2022-06-01T00:00:00.000Z"}"#

    @Test func `the list of campaigns is in order of last activity, and a single campaign has the same form`() throws {
        let tenant = try tenantWithSends()
        let list = try tenant.get("/campaigns")
        #expect(list.status == 200)
        let parsed = #"{"sort":"-lastSendAt","skip":0,"limit":100}"#
        #expect(
            list.text
                == #"{"ok":true,"data":{"total":2,"campaigns":["# + "\(Self.summer),\(Self.spring)"
                + #"],"parsed":"# + parsed + "}}"
        )
        let one = try tenant.get("/campaigns/spring")
        #expect(one.text == #"{"ok":true,"data":"# + Self.spring + "}")
    }

    @Test(
        arguments: [
            ("sort=lastSendAt", ["spring", "summer"], 2), ("sort=-lastSendAt", ["summer", "spring"], 2),
            ("sort=firstSendAt", ["spring", "summer"], 2), ("sort=-sends", ["spring", "summer"], 2),
            ("sort=destinations", ["summer", "spring"], 2), ("sort=name", ["spring", "summer"], 2),
            ("sort=name&skip=1", ["summer"], 2), ("limit=0", [], 2), ("search=SUM", ["summer"], 1),
            ("search=m%65r&limit=1", ["summer"], 1), ("search=nothing", [], 0), ("skip=9007199254740992", [], 2),
        ]
    )
    func `campaigns are sorted, paged and found`(query: String, ids: [String], total: Int) throws {
        let data = try tenantWithSends().get("/campaigns?\(query)").data()
        #expect(data["campaigns"].elements.compactMap(\.["_id"].string) == ids)
        #expect(data["total"].integer == total)
    }

    @Test func `a campaign is named, renamed, and found by its name`() throws {
        let tenant = try tenantWithSends()
        for name in ["Spring sale", "Früh\\u006aahr <b>{{x}}</b> 😀"] {
            let response = try tenant.request("PUT", "/campaigns/spring", body: Array(#"{"name":"\#(name)"}"#.utf8))
            let shown = name.replacing("\\u006a", with: "j")
            #expect(try response.data()["name"].string == shown)
            #expect(try tenant.get("/campaigns/spring").data()["name"].string == shown)
        }
        #expect(try tenant.get("/campaigns?search=%3Cb%3E").data()["total"] == 1)
    }

    @Test(
        arguments: [
            ("sort=newest", "sort"), ("limit=1001", "limit"), ("limit=-1", "limit"), ("skip=x", "skip"),
            ("serch=a", "serch"), ("limit=1&limit=2", "limit"),
        ]
    )
    func `an invalid parameter gets 400 with its name`(query: String, name: String) throws {
        let tenant = try Shared.server.tenant(permissions: "campaign.read")
        try expectFailure(tenant.get("/campaigns?\(query)"), 400, "invalid_request", says: name, issue: name)
    }

    @Test(
        arguments: [
            (#"{"name":""}"#, "name"), (#"{"name":7}"#, "name"), (#"{"name":null}"#, "name"), ("", "name"),
            (#"{"name":" a"}"#, "name"), (#"{"nam":"a"}"#, "nam"), (#"{"name":"a","name":"b"}"#, "name"),
            (#"{"name":"a"}"#.replacing("a\"}", with: String(repeating: "a", count: 201) + "\"}"), "name"),
            (#"{"name":"#, ""), ("[]", ""), (#"{"name":"a\nb"}"#, "name"),
        ]
    )
    func `an invalid name is refused, and the old name does not change`(body: String, path: String) throws {
        let tenant = try tenantWithSends()
        _ = try tenant.request("PUT", "/campaigns/spring", body: Array(#"{"name":"Old"}"#.utf8)).data()
        let response = try tenant.request("PUT", "/campaigns/spring", body: Array(body.utf8))
        try expectFailure(response, 400, "invalid_request", issue: path)
        #expect(try tenant.get("/campaigns/spring").data()["name"].string == "Old")
    }

    @Test func `unknown campaigns get 404, and missing permissions 403`() throws {
        let tenant = try tenantWithSends()
        let other = try Shared.server.tenant(permissions: "campaign")
        let name = Array(#"{"name":"A"}"#.utf8)
        for id in ["autumn", "a.b", "%20"] {
            try expectFailure(tenant.get("/campaigns/\(id)"), 404, "resource_not_found")
            try expectFailure(tenant.request("PUT", "/campaigns/\(id)", body: name), 404, "resource_not_found")
        }
        try expectFailure(other.get("/campaigns/spring"), 404, "resource_not_found")
        try expectFailure(other.request("PUT", "/campaigns/spring", body: name), 404, "resource_not_found")
        #expect(try other.get("/campaigns").data()["total"] == 0)
        let reader = try Shared.server.tenant(permissions: "campaign.read", "sendLog")
        let refused = try reader.request("PUT", "/campaigns/spring", body: name)
        try expectFailure(refused, 403, "permission_denied", says: "campaign.update")
        let sender = try Shared.server.tenant(permissions: "sendLog")
        try expectFailure(sender.get("/campaigns"), 403, "permission_denied", says: "campaign.read")
        try expectFailure(tenant.request("DELETE", "/campaigns/spring"), 405, "method_not_allowed")
        try expectFailure(tenant.request("PUT", "/campaigns"), 405, "method_not_allowed")
    }
}
