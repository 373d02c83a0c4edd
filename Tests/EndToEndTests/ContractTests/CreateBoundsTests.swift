import TestSupport
import Testing

/// The bounds of each field of a recorded send log.
@Suite struct CreateBoundsTests {
    /// A field and its value as JSON (`nil` for a missing field), with the path of the expected issue.
    struct Case: CustomTestStringConvertible {
        let field: String
        let value: String?
        var path: String?

        init(_ field: String, _ value: String?, at path: String? = nil) {
            self.field = field
            self.value = value
            self.path = path
        }

        var testDescription: String { "\(field): \(value?.prefix(60) ?? "missing")" }
    }

    private static func text(_ piece: String, _ count: Int) -> String {
        "\"\(String(repeating: piece, count: count))\""
    }

    static let accepted = [
        Case("_id", "\"a\""), Case("_id", text("x", 64)), Case("_id", "\"AZaz09_-\""), Case("campaign_id", "\"a\""),
        Case("campaign_id", text("-", 64)), Case("message", "\"\""), Case("message", text("m", 65_536)),
        Case("message", text("é", 32_768)), Case("message", text("\\u00e9", 32_768)),
        Case("message", text("🎉", 16_384)),
        Case("triggeredBy", "\"a\""), Case("triggeredBy", text("t", 64)), Case("triggeredBy", text("🎉", 64)),
        Case("destinations", "[]"), Case("destinations", "[\"1\"]"), Case("destinations", "[\(text("d", 320))]"),
        Case("destinations", "[\(text("é", 320))]"), Case("destinations", "[\(text("🎉", 320))]"),
        Case("destinations", "[ \"1\" , \"2\" ]"),
    ]

    static let refused = [
        Case("_id", "\"\""), Case("_id", text("x", 65)), Case("_id", "\"a b\""), Case("_id", "\"a/b\""),
        Case("_id", "\"a.b\""),
        Case("_id", "\"é\""), Case("_id", "\"a\\u0000\""), Case("_id", "12"), Case("_id", "[\"a\"]"), Case("_id", "{}"),
        Case("_id", text("x", 10_000)), Case("campaign_id", nil), Case("campaign_id", "null"),
        Case("campaign_id", "\"\""),
        Case("campaign_id", text("c", 65)), Case("campaign_id", "\"a%2F\""), Case("campaign_id", "5"),
        Case("campaign_id", "[\"a\"]"), Case("message", nil), Case("message", "null"), Case("message", "5"),
        Case("message", "[]"), Case("message", text("m", 65_537)), Case("message", text("é", 32_769)),
        Case("message", text("\\u00e9", 32_769)), Case("message", text("m", 1_000_000)), Case("triggeredBy", nil),
        Case("triggeredBy", "null"), Case("triggeredBy", "\"\""), Case("triggeredBy", text("t", 65)),
        Case("triggeredBy", text("🎉", 65)), Case("triggeredBy", "false"), Case("startDeliveryAt", "1641038400000"),
        Case("startDeliveryAt", "\"\""), Case("startDeliveryAt", "\"yesterday\""), Case("startDeliveryAt", "{}"),
        Case("destinations", nil), Case("destinations", "null"), Case("destinations", "2"),
        Case("destinations", "\"2782\""),
        Case("destinations", "{\"0\":\"2782\"}"), Case("destinations", "[\"\"]", at: "destinations[0]"),
        Case("destinations", "[\"1\",\(text("d", 321))]", at: "destinations[1]"),
        Case("destinations", "[\(text("é", 321))]", at: "destinations[0]"),
        Case("destinations", "[\"1\",\"2\",27821234567]", at: "destinations[2]"),
        Case("destinations", "[null]", at: "destinations[0]"), Case("destinations", "[[\"1\"]]", at: "destinations[0]"),
        Case("destinations", "[{}]", at: "destinations[0]"), Case("destinations", "[\"a\\nb\"]", at: "destinations[0]"),
        Case("destinations", "[\"a\\u0000\"]", at: "destinations[0]"),
        Case("destinations", "[\"\\u007f\"]", at: "destinations[0]"),
        Case("destinations", "[\"\\u0085\"]", at: "destinations[0]"),
    ]

    @Test(arguments: accepted)
    func `a value within the bounds is accepted, and returned as sent`(bounds: Case) throws {
        let tenant = try Shared.server.tenant()
        let body = SampleLog(id: "send-1").json(bounds.field, bounds.value)
        let data = try tenant.post("/send-logs", body).data(201)
        let id = try #require(data["_id"].string)
        let listed = try tenant.get("/send-logs/\(id)?group_destinations=list").data()
        let sent = try JSON(parsing: body.utf8)
        #expect(listed == sent)
    }

    @Test(arguments: refused)
    func `a value out of bounds is refused, and the error names the field`(bounds: Case) throws {
        let body = SampleLog(id: "send-1").json(bounds.field, bounds.value)
        let response = try Shared.emptyTenant.post("/send-logs", body)
        let path = bounds.path ?? bounds.field
        try expectFailure(response, 400, "invalid_request", says: path, issue: path)
        #expect(response.body.count < 4000)
        #expect(try Shared.emptyTenant.total() == 0)
    }

    @Test func `all issues of a log are reported at once`() throws {
        let response = try Shared.emptyTenant.post(
            "/send-logs",
            #"{"_id":"a b","message":1,"startDeliveryAt":"x","destinations":["1",2]}"#
        )
        try expectFailure(response, 400, "invalid_request")
        let paths = try response.json()["error"]["issues"].elements.compactMap(\.["path"].string)
        let expected = ["_id", "message", "startDeliveryAt", "destinations[1]", "campaign_id", "triggeredBy"]
        #expect(Set(paths) == Set(expected))
    }

    @Test(.enabled(if: TestScale.isSoak))
    func `five million destinations are accepted, one more is refused`() throws {
        let tenant = try Shared.server.tenant()
        for (count, status) in [(5_000_000, 201), (5_000_001, 400)] {
            let list = String(repeating: "\"2782\",", count: count - 1) + "\"2782\""
            let body = SampleLog(id: "send-\(count)").json("destinations", "[\(list)]")
            let response = try tenant.post("/send-logs", body)
            #expect(response.status == status)
            if status == 400 {
                try expectFailure(response, 400, "invalid_request", says: "destinations", issue: "destinations")
            }
        }
        #expect(try tenant.total() == 1)
        #expect(try tenant.get("/send-logs/send-5000000").data()["destinations"] == 5_000_000)
    }
}
