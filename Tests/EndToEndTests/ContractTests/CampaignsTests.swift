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
        #expect(list.dataText == "[\(Self.summer),\(Self.spring)]")
        #expect(list["x-sendlog-total"] == "2")
        let head = try tenant.request("HEAD", "/campaigns?limit=1")
        #expect(head.status == 200 && head["x-sendlog-total"] == "2")
        let one = try tenant.get("/campaigns/spring")
        #expect(one.dataText == Self.spring)
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
        let tenant = try tenantWithSends()
        let response = try tenant.get("/campaigns?\(query)")
        #expect(try response.data().elements.compactMap(\.["_id"].string) == ids)
        #expect(response["x-sendlog-total"] == String(total))
    }

    @Test func `a search returns a page, its total and the query as parsed`() throws {
        let tenant = try tenantWithSends()
        let parsed = #"{"find":{},"options":{"skip":0,"limit":1000,"sort":{"lastSendAt":-1}}}"#
        let all = try tenant.post("/campaigns/search", "{}")
        #expect(
            all.dataText == #"{"total":2,"campaigns":[\#(Self.summer),\#(Self.spring)],"parsed":\#(parsed)}"#
        )
        #expect(try tenant.post("/campaigns/search", parsed).dataText == all.dataText)
        #expect(try tenant.request("POST", "/campaigns/search").dataText == all.dataText)
        let found = try tenant.post("/campaigns/search", #"{"find":{"search":"SUM"},"options":{"limit":0}}"#).data()
        #expect(found["total"] == 1 && found["campaigns"] == [])
        #expect(found["parsed"]["find"] == ["search": "SUM"])
        for sort in [#"{"sends":-1}"#, #""-sends""#] {
            let page = try tenant.post("/campaigns/search", #"{"options":{"sort":\#(sort),"limit":1}}"#).data()
            #expect(page["campaigns"].elements.compactMap(\.["_id"].string) == ["spring"] && page["total"] == 2)
            #expect(page["parsed"]["options"]["sort"] == ["sends": -1])
        }
    }

    @Test func `a campaign search refuses unknown fields, and says where a filter belongs`() throws {
        let tenant = try tenantWithSends()
        let misspelt = try tenant.post("/campaigns/search", #"{"find":{"serch":"a"}}"#)
        try expectFailure(misspelt, 400, "invalid_request", says: "find.serch", #""search""#, issue: "find.serch")
        let long = try tenant.post("/campaigns/search", #"{"options":{"limit":10001}}"#)
        try expectFailure(long, 400, "invalid_request", says: "10,000", issue: "options.limit")
        let query = try tenant.post("/campaigns/search?search=a", "{}")
        try expectFailure(query, 400, "invalid_request", says: "in the body, as find.search", issue: "search")
        // A campaign may have the ID of the route.
        try expectFailure(tenant.get("/campaigns/search"), 404, "resource_not_found", says: "POST /campaigns/search")
        try tenant.record(SampleLog(id: "d", campaign: "search"))
        #expect(try tenant.get("/campaigns/search").data()["_id"] == "search")
    }

    @Test func `a list of any length is complete`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign.read")
        let ids = (10_000..<13_000).map { "campaign-\($0)" }
        try tenant.record(ids.map { SampleLog(id: "send-of-\($0)", campaign: $0, destinations: []) })
        let response = try tenant.get("/campaigns?sort=name")
        #expect(response["transfer-encoding"] == "chunked")
        #expect(response["x-sendlog-total"] == "3000")
        #expect(try response.data().elements.compactMap(\.["_id"].string) == ids)
        let page = try tenant.get("/campaigns?sort=-name&skip=100&limit=2")
        #expect(try page.data().elements.compactMap(\.["_id"].string) == [ids[2899], ids[2898]])
        #expect(page["x-sendlog-total"] == "3000")
        let head = try tenant.request("HEAD", "/campaigns")
        #expect(head["x-sendlog-total"] == "3000" && head.body.isEmpty)
    }

    @Test func `a campaign is named, renamed, and found by its name`() throws {
        let tenant = try tenantWithSends()
        for name in ["Spring sale", "Früh\\u006aahr <b>{{x}}</b> 😀"] {
            let response = try tenant.request("PUT", "/campaigns/spring", body: Array(#"{"name":"\#(name)"}"#.utf8))
            let shown = name.replacing("\\u006a", with: "j")
            #expect(try response.data()["name"].string == shown)
            #expect(try tenant.get("/campaigns/spring").data()["name"].string == shown)
        }
        #expect(try tenant.get("/campaigns?search=%3Cb%3E")["x-sendlog-total"] == "1")
    }

    @Test(
        arguments: [
            ("sort=newest", "sort"), ("limit=10001", "limit"), ("limit=-1", "limit"), ("skip=x", "skip"),
            ("serch=a", "serch"), ("limit=1&limit=2", "limit"), ("search=%ff", "search"), ("search=100%", "search"),
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
        #expect(try other.get("/campaigns").dataText == "[]")
        #expect(try other.post("/campaigns/search", "{}").data()["total"] == 0)
        let reader = try Shared.server.tenant(permissions: "campaign.read", "sendLog")
        let refused = try reader.request("PUT", "/campaigns/spring", body: name)
        try expectFailure(refused, 403, "permission_denied", says: "campaign.update")
        let sender = try Shared.server.tenant(permissions: "sendLog")
        for response in [try sender.get("/campaigns"), try sender.post("/campaigns/search", "{}")] {
            try expectFailure(response, 403, "permission_denied", says: "campaign.read")
        }
        try expectFailure(tenant.request("DELETE", "/campaigns/spring"), 405, "method_not_allowed")
        try expectFailure(tenant.request("PUT", "/campaigns"), 405, "method_not_allowed")
    }
}
