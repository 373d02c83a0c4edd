import Testing

/// JSON with unknown, duplicate or invalid fields.
@Suite struct BadFieldsTests {
    @Test(
        arguments: [
            (#"{"finds":{}}"#, "finds"), (#"{"campaign_id":["a"]}"#, "campaign_id"), (#"{"limit":1}"#, "limit"),
            (#"{"find":{"campaignId":["a"]}}"#, "find.campaignId"), (#"{"find":{"_id":["a"]}}"#, "find._id"),
            (#"{"find":{"message":"a"}}"#, "find.message"), (#"{"find":{"$or":[]}}"#, "find.$or"),
            (#"{"find":{"":1}}"#, "find."),
            (#"{"find":{"startDeliveryAt":{"$gt":"2022-01-01"}}}"#, "find.startDeliveryAt.$gt"),
            (#"{"find":{"startDeliveryAt":{"gte":"2022-01-01"}}}"#, "find.startDeliveryAt.gte"),
            (#"{"find":{"startDeliveryAt":{"$in":[]}}}"#, "find.startDeliveryAt.$in"),
            (#"{"options":{"offset":1}}"#, "options.offset"), (#"{"options":{"Limit":1}}"#, "options.Limit"),
            (#"{"options":{"asOf":1}}"#, "options.asOf"), (#"{"options":{"sort":{"_id":1}}}"#, "options.sort._id"),
            (#"{"options":{"group_destinations":"list"}}"#, "options.group_destinations"),
        ]
    )
    func `an unknown field of a search is refused at every level`(body: String, path: String) throws {
        let response = try Shared.emptyTenant.post("/send-logs/search", body)
        try expectFailure(response, 400, "invalid_request", says: path, issue: path)
    }

    @Test func `a misspelt filter is refused and returns no send logs`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record([SampleLog(id: "send-1", campaign: "a"), SampleLog(id: "send-2", campaign: "b")])
        let response = try tenant.post("/send-logs/search", #"{"find":{"campaignId":["a"]}}"#)
        try expectFailure(
            response,
            400,
            "invalid_request",
            says: "find.campaignId",
            "campaign_id",
            issue: "find.campaignId"
        )
        #expect(!response.text.contains("send-2"))
    }

    @Test(arguments: [
        ("campaignId", "campaign_id"), ("startDeliveryat", "startDeliveryAt"), ("id", "_id"),
        ("destination", "destinations"),
    ])
    func `an unknown field of a send log is refused, and a known one suggested`(name: String, known: String) throws {
        let body = "{\"\(name)\":\"x\",\(SampleLog(id: "send-1").json.dropFirst())"
        let response = try Shared.emptyTenant.post("/send-logs", body)
        try expectFailure(response, 400, "invalid_request", says: name, known, issue: name)
        #expect(try Shared.emptyTenant.total() == 0)
    }

    @Test(
        arguments: [
            (#"{"find":[]}"#, "find"), (#"{"find":"a"}"#, "find"), (#"{"options":7}"#, "options"),
            (#"{"options":[]}"#, "options"),
            (#"{"find":{"campaign_id":5}}"#, "find.campaign_id"), (#"{"find":{"campaign_id":{}}}"#, "find.campaign_id"),
            (#"{"find":{"campaign_id":true}}"#, "find.campaign_id"),
            (#"{"find":{"campaign_id":[5]}}"#, "find.campaign_id[0]"),
            (#"{"find":{"campaign_id":["a",null]}}"#, "find.campaign_id[1]"),
            (#"{"find":{"campaign_id":["a",["b"]]}}"#, "find.campaign_id[1]"),
            (#"{"find":{"campaign_id":["a b"]}}"#, "find.campaign_id[0]"),
            (#"{"find":{"campaign_id":[""]}}"#, "find.campaign_id[0]"),
            (#"{"find":{"campaign_id":["a\u0000"]}}"#, "find.campaign_id[0]"),
            (#"{"find":{"campaign_id":""}}"#, "find.campaign_id"),
            (#"{"find":{"startDeliveryAt":"2022-01-01"}}"#, "find.startDeliveryAt"),
            (#"{"find":{"startDeliveryAt":["2022-01-01"]}}"#, "find.startDeliveryAt"),
            (#"{"find":{"startDeliveryAt":{"$gte":1640995200}}}"#, "find.startDeliveryAt.$gte"),
            (#"{"find":{"startDeliveryAt":{"$lte":["2022-01-01"]}}}"#, "find.startDeliveryAt.$lte"),
            (#"{"options":{"skip":"10"}}"#, "options.skip"), (#"{"options":{"skip":-1}}"#, "options.skip"),
            (#"{"options":{"skip":1.5}}"#, "options.skip"), (#"{"options":{"skip":1e400}}"#, "options.skip"),
            (#"{"options":{"skip":-1e400}}"#, "options.skip"),
            (#"{"options":{"skip":9223372036854775808}}"#, "options.skip"),
            (#"{"options":{"skip":1e-400}}"#, "options.skip"), (#"{"options":{"skip":true}}"#, "options.skip"),
            (#"{"options":{"limit":"1000"}}"#, "options.limit"), (#"{"options":{"limit":{}}}"#, "options.limit"),
        ]
    )
    func `an invalid value is refused`(body: String, path: String) throws {
        let response = try Shared.emptyTenant.post("/send-logs/search", body)
        try expectFailure(response, 400, "invalid_request", says: path, issue: path)
    }

    @Test(
        arguments: [
            #"{"find":{"campaign_id":["a"],"campaign_id":["b"]}}"#, #"{"find":{},"find":{"campaign_id":["b"]}}"#,
            #"{"options":{"limit":1,"limit":10}}"#,
        ]
    )
    func `a duplicate field is refused in a search`(body: String) throws {
        try expectFailure(Shared.emptyTenant.post("/send-logs/search", body), 400, "invalid_request")
    }

    @Test(arguments: ["_id", "campaign_id", "message", "triggeredBy", "startDeliveryAt", "destinations"])
    func `a duplicate field is refused in a send log`(field: String) throws {
        let log = SampleLog(id: "send-1")
        let value = field == "destinations" ? "[]" : "\"2022-01-01\""
        let response = try Shared.emptyTenant.post("/send-logs", "{\"\(field)\":\(value),\(log.json.dropFirst())")
        try expectFailure(response, 400, "invalid_request", says: field, issue: field)
    }

    static let invalidDates = [
        "", " ", "2022", "2022-01", "2022-1-1", "20220101", "2022-13-01", "2022-00-10", "2022-01-00", "2022-01-32",
        "2022-04-31",
        "2022-02-29", "2100-02-29", "2022-01-01T", "2022-01-01T00:00", "2022-01-01T00:00Z", "2022-01-01T00:00:00",
        "2022-01-01 00:00:00Z", "2022-01-01T24:00:00Z", "2022-01-01T23:60:00Z", "2022-01-01T00:00:61Z",
        "2022-01-01T12:00:60Z",
        "2022-01-01T00:00:00.Z", "2022-01-01T00:00:00+2", "2022-01-01T00:00:00+0200", "2022-01-01T00:00:00+24:00",
        "2022-01-01T00:00:00Zulu", "-2022-01-01", "+2022-01-01", "12022-01-01", "10000-01-01T00:00:00Z",
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "01/02/2022", "yesterday", "1640995200", "NaN",
        "２０２２-01-01", "2022-01-01T00:00:00Z\\u0000", "2022-01-01\\n", "Sat, 01 Jan 2022 00:00:00 GMT",
    ]

    @Test(arguments: invalidDates)
    func `a malformed or impossible date is refused`(date: String) throws {
        let tenant = try Shared.emptyTenant
        for end in ["$gte", "$lte"] {
            let response = try tenant.post("/send-logs/search", #"{"find":{"startDeliveryAt":{"\#(end)":"\#(date)"}}}"#)
            let path = "find.startDeliveryAt.\(end)"
            try expectFailure(response, 400, "invalid_request", says: path, issue: path)
        }
        let response = try tenant.post("/send-logs", SampleLog(id: "send-1").json("startDeliveryAt", "\"\(date)\""))
        try expectFailure(response, 400, "invalid_request", says: "startDeliveryAt", issue: "startDeliveryAt")
    }

    @Test func `a request with 1,000 issues gets a short response`() throws {
        let campaigns = Array(repeating: "5", count: 1000).joined(separator: ",")
        let response = try Shared.emptyTenant.post("/send-logs/search", #"{"find":{"campaign_id":[\#(campaigns)]}}"#)
        try expectFailure(response, 400, "invalid_request", issue: "find.campaign_id[0]")
        #expect(response.body.count < 10_000)
        let names = (0..<1000).map { "\"field\($0)\":1" }.joined(separator: ",")
        let unknown = try Shared.emptyTenant.post("/send-logs", "{\(names)}")
        try expectFailure(unknown, 400, "invalid_request", issue: "field0")
        #expect(unknown.body.count < 10_000)
    }

    @Test func `a field name of 99,000 characters is truncated in the response`() throws {
        let name = String(repeating: "campaign_id", count: 9000)
        for path in ["/send-logs/search", "/send-logs"] {
            let response = try Shared.emptyTenant.post(path, "{\"\(name)\":1}")
            try expectFailure(response, 400, "invalid_request")
            #expect(response.body.count < 2000)
        }
    }
}
