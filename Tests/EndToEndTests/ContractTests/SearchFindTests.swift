import Testing

/// The filters of a search.
@Suite struct SearchFindTests {
    @Test func `the example search of the document finds its logs`() throws {
        let tenant = try Shared.server.tenant()
        let campaign = "5f5a1d8d2e0e4c6c8c0c0c0c"
        let first = SampleLog(id: "61cf0000000000000000000a", campaign: campaign, start: "2022-01-01T00:00:00.000Z")
        let last = SampleLog(id: "61f8000000000000000000ff", campaign: campaign, start: "2022-01-31T23:59:59.999Z")
        try tenant.record([
            first, last,
            SampleLog(id: "too-early", campaign: campaign, start: "2021-12-31T23:59:59.999Z"),
            SampleLog(id: "too-late", campaign: campaign, start: "2022-02-01T00:00:00.000Z"),
            SampleLog(id: "another-campaign", campaign: "5f5a1d8d2e0e4c6c8c0c0c0d"),
        ])
        let body = """
            {
              "find": {
                "campaign_id": ["5f5a1d8d2e0e4c6c8c0c0c0c"],
                "startDeliveryAt": {
                  "$gte": "2022-01-01T00:00:00.000Z",
                  "$lte": "2022-01-31T23:59:59.999Z"
                }
              },
              "options": {
                "skip": 0,
                "limit": 1000
              }
            }
            """
        let form = [
            ("Content-Type", "application/x-www-form-urlencoded"), ("User-Agent", "curl/8.5.0"), ("Accept", "*/*"),
        ]
        let response = try tenant.request("POST", "/send-logs/search", headers: form, body: Array(body.utf8))
        #expect(response.status == 200)
        #expect(
            response.text.hasPrefix(
                #"{"ok":true,"data":{"total":2,"send_logs":[\#(last.counted),\#(first.counted)],"parsed":{"#
            )
        )
        let parsed = try response.data()["parsed"]
        let range: JSON = ["$gte": "2022-01-01T00:00:00.000Z", "$lte": "2022-01-31T23:59:59.999Z"]
        #expect(parsed["find"] == ["campaign_id": ["5f5a1d8d2e0e4c6c8c0c0c0c"], "startDeliveryAt": range])
        #expect(parsed["options"]["skip"] == 0)
        #expect(parsed["options"]["limit"] == 1000)
    }

    static func campaigns() throws -> Tenant {
        let tenant = try Shared.server.tenant()
        try tenant.record(
            (0..<12).map { number in
                SampleLog(
                    id: "send-\(number)",
                    campaign: ["a", "b", "c"][number % 3],
                    start: "2022-01-\(10 + number)T00:00:00.000Z"
                )
            }
        )
        return tenant
    }

    @Test func `campaign_id finds the logs of any of the campaigns`() throws {
        let tenant = try Self.campaigns()
        for (ids, total) in [
            (#"["a"]"#, 4), (#"["a","b"]"#, 8), (#"["c","nothing","a"]"#, 8), (#"["nothing"]"#, 0),
            (#"["a","a","a"]"#, 4),
            (#"["a","b","c"]"#, 12),
        ] {
            let data = try tenant.search(#"{"find":{"campaign_id":\#(ids)}}"#)
            #expect(data["total"] == JSON.number(Double(total)), "\(ids)")
            #expect(data["send_logs"].elements.count == total)
            #expect(data["send_logs"].elements.allSatisfy { ids.contains("\"\($0["campaign_id"].string ?? "")\"") })
        }
        // The logs of several campaigns are in one order, not grouped by campaign.
        #expect(
            try tenant.ids(#"{"find":{"campaign_id":["b","a"]}}"#).prefix(4) == [
                "send-10", "send-9", "send-7", "send-6",
            ]
        )
    }

    @Test func `a single string counts as an array of one`() throws {
        let tenant = try Self.campaigns()
        let single = try tenant.search(#"{"find":{"campaign_id":"a"}}"#)
        #expect(try tenant.search(#"{"find":{"campaign_id":["a"]}}"#) == single)
        #expect(single["parsed"]["find"]["campaign_id"] == ["a"])
    }

    @Test func `an empty array matches nothing`() throws {
        let tenant = try Self.campaigns()
        let data = try tenant.search(#"{"find":{"campaign_id":[]}}"#)
        #expect(data["total"] == 0)
        #expect(data["send_logs"] == [])
        #expect(data["parsed"]["find"]["campaign_id"] == [])
        #expect(
            try tenant.post("/send-logs/search", "{\"find\":{\"campaign_id\":[]}}").text.contains("\"send_logs\":[],")
        )
    }

    @Test func `a thousand campaigns are accepted, one more is refused`() throws {
        let tenant = try Self.campaigns()
        let names = (0..<998).map { "\"campaign-\($0)\"" } + ["\"a\"", "\"b\""]
        let data = try tenant.search(#"{"find":{"campaign_id":[\#(names.joined(separator: ","))]}}"#)
        #expect(data["total"] == 8)
        #expect(data["parsed"]["find"]["campaign_id"].elements.count == 1000)
        let tooMany = #"{"find":{"campaign_id":[\#((names + ["\"c\""]).joined(separator: ","))]}}"#
        let response = try tenant.post("/send-logs/search", tooMany)
        try expectFailure(
            response,
            400,
            "invalid_request",
            says: "find.campaign_id",
            "1,000",
            issue: "find.campaign_id"
        )
    }

    @Test(
        arguments: [
            (#"{"$gte":"2022-01-15T00:00:00.000Z"}"#, 7), (#"{"$lte":"2022-01-15T00:00:00.000Z"}"#, 6),
            (#"{"$gte":"2022-01-15T00:00:00.000Z","$lte":"2022-01-15T00:00:00.000Z"}"#, 1),
            (#"{"$gte":"2022-01-15T00:00:00.001Z"}"#, 6), (#"{"$lte":"2022-01-14T23:59:59.999Z"}"#, 5), ("{}", 12),
            ("null", 12),
            (#"{"$gte":null,"$lte":null}"#, 12), (#"{"$gte":null,"$lte":"2022-01-11"}"#, 2),
            (#"{"$gte":"2022-01-15"}"#, 7), (#"{"$lte":"2022-01-15"}"#, 6),
            (#"{"$gte":"2022-01-15T01:00:00+02:00"}"#, 7),
            (#"{"$gte":"2022-01-14T22:00:00-02:00"}"#, 7), (#"{"$gte":"2022-01-15T02:00:00.001+02:00"}"#, 6),
            (#"{"$lte":"2022-01-15T00:00:00Z"}"#, 6), (#"{"$gte":"2022-01-15T00:00:00.0009Z"}"#, 7),
            (#"{"$gte":"2022-01-20","$lte":"2022-01-15"}"#, 0), (#"{"$gte":"0000-01-01"}"#, 12),
            (#"{"$lte":"9999-12-31T23:59:59.999Z"}"#, 12),
        ]
    )
    func `startDeliveryAt is a range that includes both ends`(range: String, total: Int) throws {
        let tenant = try Self.sharedTenant.get()
        let data = try tenant.search(#"{"find":{"startDeliveryAt":\#(range)}}"#)
        #expect(data["total"] == JSON.number(Double(total)))
        #expect(data["send_logs"].elements.count == total)
        let ofCampaign = try tenant.search(#"{"find":{"campaign_id":["a","b","c"],"startDeliveryAt":\#(range)}}"#)
        #expect(ofCampaign["send_logs"] == data["send_logs"])
    }

    @Test(arguments: ["$gt", "$lt", "$eq", "$ne", "$in"])
    func `an operator that is not supported is refused with the operators that are`(name: String) throws {
        let body = #"{"find":{"startDeliveryAt":{"\#(name)":"2022-01-15"}}}"#
        try expectFailure(
            Self.sharedTenant.get().post("/send-logs/search", body),
            400,
            "invalid_request",
            says: #"is not a known operator; the known operators are "$gte", "$lte""#,
            issue: "find.startDeliveryAt.\(name)"
        )
    }

    @Test(
        arguments: [
            (#""2022-01-15T10:00:00""#, "must have Z or an offset"), (#""2022-01-15 10:00:00Z""#, "must have a T"),
            (#""1642240800""#, "not a Unix time"), ("1642240800", "must be a date-time in a string, not a number"),
            (#""15/01/2022""#, "year, month and day in this order"), (#""2022-02-30""#, "does not exist"),
        ]
    )
    func `a date in another format is refused with the format that is expected`(date: String, says: String) throws {
        let tenant = try Self.sharedTenant.get()
        let search = #"{"find":{"startDeliveryAt":{"$gte":\#(date)}}}"#
        try expectFailure(
            tenant.post("/send-logs/search", search),
            400,
            "invalid_request",
            says: "find.startDeliveryAt.$gte",
            says,
            issue: "find.startDeliveryAt.$gte"
        )
        let log = SampleLog(id: "bad-date").json("startDeliveryAt", date)
        try expectFailure(tenant.post("/send-logs", log), 400, "invalid_request", says: says, issue: "startDeliveryAt")
        let errors = try tenant.post("/send-logs/import", log).data()["errors"].elements
        #expect(errors.count == 1 && errors[0]["message"].string?.contains(says) == true, "\(errors)")
    }

    private static let sharedTenant = Result { try campaigns() }

    @Test(
        arguments: [
            "{}", "", #"{"find":null}"#, #"{"options":null}"#, #"{"find":{},"options":{}}"#,
            #"{"find":{"campaign_id":null}}"#,
            #"{"find":{"startDeliveryAt":null}}"#, #"{"options":{"skip":null,"limit":null,"sort":null,"as_of":null}}"#,
            #"{"options":{"sort":{"startDeliveryAt":null}}}"#,
        ]
    )
    func `null counts as absent`(body: String) throws {
        let tenant = try Self.sharedTenant.get()
        let data = try tenant.search(body)
        #expect(data["total"] == 12)
        #expect(data["parsed"]["find"] == [:])
        let sort: JSON = ["startDeliveryAt": -1]
        #expect(data["parsed"]["options"] == ["skip": 0, "limit": 1000, "sort": sort, "as_of": 12])
    }
}
