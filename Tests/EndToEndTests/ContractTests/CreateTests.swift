import Foundation
import Testing

/// Recording a send log, and repeating it.
@Suite struct CreateTests {
    @Test func `a create gets 201 with Location and the count form`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1")
        let response = try tenant.post("/send-logs", log.json)
        #expect(response.status == 201)
        #expect(response.dataText == log.counted)
        let location = try #require(response["location"])
        #expect(location.hasSuffix("/send-logs/send-1"))
        let path = location.hasPrefix("/") ? location : try #require(URL(string: location)?.path)
        #expect(try tenant.get(path).dataText == response.dataText)
        #expect(try tenant.total() == 1)
    }

    @Test func `the same send log again gets 200, and nothing is written`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1", destinations: (0..<10_000).map { "27\(820_000_000 + $0)" })
        let first = try tenant.post("/send-logs", log.json)
        for body in [
            log.json, log.json("startDeliveryAt", #""2022-01-15T14:00:00+02:00""#),
            // Different JSON text with the same content.
            log.json.replacing("{\"_id\"", with: " {\r\n \"_id\"").replacing("Hi", with: "\\u0048\\u0069"),
        ] {
            let again = try tenant.post("/send-logs", body)
            #expect(again.status == 200)
            #expect(again.dataText == first.dataText)
        }
        let data = try tenant.search("{}")
        #expect(data["total"] == 1)
        #expect(data["parsed"]["options"]["as_of"] == 1)
    }

    @Test(
        arguments: [
            ("campaign_id", #""winter""#), ("message", #""Hi {{contact.firstname}}!""#), ("triggeredBy", #""api""#),
            ("startDeliveryAt", #""2022-01-15T12:00:00.001Z""#), ("destinations", #"["27821234567"]"#),
            ("destinations", #"["27831234567","27821234567"]"#), ("destinations", #"["27821234567","27831234567",""]"#),
            ("destinations", #"["2782123456","727831234567"]"#), ("destinations", "[]"),
        ]
    )
    func `the same id with other content gets 409, and nothing changes`(field: String, value: String) throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1")
        try tenant.record(log)
        let response = try tenant.post("/send-logs", log.json(field, value.replacing(#","""#, with: #"," ""#)))
        let message = "_id is taken by a send log that differs in \(field); nothing was recorded"
        try expectFailure(response, 409, "conflict", says: message)
        let listed = try tenant.get("/send-logs/send-1?group_destinations=list")
        #expect(listed.dataText == log.listed)
        #expect(try tenant.total() == 1)
    }

    @Test func `a conflict names all fields that differ, and none of their content`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1", message: "first secret"))
        let other = SampleLog(id: "send-1", message: "second secret", destinations: ["27840000000"])
        let response = try tenant.post("/send-logs", other.json)
        try expectFailure(response, 409, "conflict", says: "that differs in message, destinations;")
        #expect(!response.text.contains("secret") && !response.text.contains("278"), "\(response.text)")
    }

    @Test func `a missing start is the time of recording, and a repetition without it matches`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1")
        let body = log.json("startDeliveryAt", nil)
        let before = Date.now.addingTimeInterval(-0.001)
        let first = try tenant.post("/send-logs", body)
        let after = Date.now.addingTimeInterval(0.001)
        let text = try #require(try first.data(201)["startDeliveryAt"].string)
        let start = try Date(text, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
        #expect((before...after).contains(start))
        for repetition in [body, log.json("startDeliveryAt", "null"), log.json("startDeliveryAt", "\"\(text)\"")] {
            let again = try tenant.post("/send-logs", repetition)
            #expect(again.status == 200)
            #expect(again.dataText == first.dataText)
        }
        try expectFailure(tenant.post("/send-logs", log.json), 409, "conflict")
        try expectFailure(
            tenant.post("/send-logs", SampleLog(id: "send-1", message: "other").json("startDeliveryAt", nil)),
            409,
            "conflict"
        )
    }

    @Test func `a send log without an id gets one: 24 lowercase hex digits, time first`() throws {
        let tenant = try Shared.server.tenant()
        let before = Int(Date.now.timeIntervalSince1970)
        let ids = try (0..<50).map { number in
            let body = SampleLog(id: "").json("_id", number % 2 == 0 ? nil : "null")
            return try #require(try tenant.post("/send-logs", body).data(201)["_id"].string)
        }
        let after = Int(Date.now.timeIntervalSince1970)
        #expect(Set(ids).count == 50)
        for id in ids {
            #expect(id.wholeMatch(of: /[0-9a-f]{24}/) != nil)
            #expect((before...after).contains(Int(id.prefix(8), radix: 16) ?? 0))
            #expect(try tenant.get("/send-logs/\(id)").status == 200)
        }
        #expect(try tenant.total() == 50)
    }

    @Test func `concurrent repetitions are recorded once`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1")
        let statuses = try inParallel(8) { _ in try tenant.post("/send-logs", log.json).status }
        #expect(statuses.sorted() == [200, 200, 200, 200, 200, 200, 200, 201])
        #expect(try tenant.total() == 1)
    }

    @Test func `one of several concurrent creates with the same id gets 201, and the others 409`() throws {
        let tenant = try Shared.server.tenant()
        let responses = try inParallel(8) { number in
            try tenant.post("/send-logs", SampleLog(id: "send-1", message: "message \(number)").json)
        }
        #expect(responses.map(\.status).sorted() == [201, 409, 409, 409, 409, 409, 409, 409])
        let winner = try #require(responses.first { $0.status == 201 })
        #expect(try tenant.get("/send-logs/send-1").dataText == winner.dataText)
    }

    @Test(
        arguments: [
            ("2022-01-01", "2022-01-01T00:00:00.000Z"), ("2022-01-01T02:00:00+02:00", "2022-01-01T00:00:00.000Z"),
            ("2021-12-31T22:30:00-01:30", "2022-01-01T00:00:00.000Z"),
            ("2022-01-01T00:00:00.1Z", "2022-01-01T00:00:00.100Z"),
            ("2022-01-01T00:00:00.123999999Z", "2022-01-01T00:00:00.123Z"),
            ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000Z"),
            ("2022-01-01t00:00:00z", "2022-01-01T00:00:00.000Z"), ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("2022-01-01T00:00:00-00:00", "2022-01-01T00:00:00.000Z"),
        ]
    )
    func `times are stored and returned in UTC with milliseconds`(sent: String, returned: String) throws {
        let tenant = try Self.sharedTenant.get()
        let id = "send-\(sent.filter { $0.isLetter || $0.isNumber })\(sent.contains("+") ? "p" : "m")"
        let body = SampleLog(id: id).json("startDeliveryAt", "\"\(sent)\"")
        #expect(try tenant.post("/send-logs", body).data(201)["startDeliveryAt"].string == returned)
        #expect(try tenant.get("/send-logs/\(id)").data()["startDeliveryAt"].string == returned)
        let search = #"{"find":{"startDeliveryAt":{"$gte":"\#(returned)","$lte":"\#(returned)"}}}"#
        #expect(try tenant.ids(search).contains(id))
    }

    private static let sharedTenant = Result { try Shared.server.tenant() }
}
