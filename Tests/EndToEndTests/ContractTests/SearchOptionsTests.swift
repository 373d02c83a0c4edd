import Testing

/// The options of a search: skip, limit and order.
@Suite struct SearchOptionsTests {
    private static let many = Result {
        let tenant = try Shared.server.tenant()
        let logs = (0..<10_050).map { SampleLog(id: "send-\($0)", message: "m", destinations: ["2782"]) }
        try tenant.record(logs)
        return tenant
    }

    @Test func `skip and limit select a page of the result`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record((0..<10).map { SampleLog(id: "send-\($0)", start: "2022-01-01T00:00:0\($0).000Z") })
        for (skip, limit, first, count) in [
            (0, 3, 9, 3), (3, 3, 6, 3), (9, 3, 0, 1), (10, 3, 0, 0), (1_000_000, 3, 0, 0),
        ] {
            let data = try tenant.search(#"{"options":{"skip":\#(skip),"limit":\#(limit)}}"#)
            let expected = (0..<count).map { "send-\(first - $0)" }
            #expect(data["send_logs"].elements.compactMap(\.["_id"].string) == expected)
            #expect(data["total"] == 10)
            #expect(data["parsed"]["options"]["skip"] == JSON.number(Double(skip)))
            #expect(data["parsed"]["options"]["limit"] == JSON.number(Double(limit)))
        }
    }

    @Test func `without a limit, a search returns 1000 logs and counts all`() throws {
        let data = try Self.many.get().search("{}")
        #expect(data["send_logs"].elements.count == 1000)
        #expect(data["total"] == 10_050)
        #expect(data["parsed"]["options"]["limit"] == 1000)
        #expect(data["parsed"]["options"]["skip"] == 0)
    }

    @Test func `a limit of 10000 returns 10000 logs`() throws {
        let data = try Self.many.get().search(#"{"options":{"limit":10000}}"#)
        let ids = data["send_logs"].elements.compactMap(\.["_id"].string)
        #expect(ids.count == 10_000)
        #expect(Set(ids).count == 10_000)
        // All have the same start, so the order is by sequence number, newest first.
        #expect(ids == (50..<10_050).reversed().map { "send-\($0)" })
    }

    @Test func `a limit of 0 returns only the total`() throws {
        let response = try Self.many.get().post("/send-logs/search", #"{"options":{"limit":0}}"#)
        #expect(response.text.hasPrefix(#"{"ok":true,"data":{"total":10050,"send_logs":[],"parsed":{"#))
    }

    @Test(arguments: ["10001", "-1", "1.5", "1e400", "\"5\"", "true", "[]", "9223372036854775808", "1e-1"])
    func `a limit out of bounds is refused, not silently reduced`(limit: String) throws {
        let response = try Shared.emptyTenant.post("/send-logs/search", #"{"options":{"limit":\#(limit)}}"#)
        try expectFailure(response, 400, "invalid_request", says: "options.limit", issue: "options.limit")
    }

    @Test func `sort works in both directions, and ties follow the sequence number in the same direction`() throws {
        let tenant = try Shared.server.tenant()
        // Recorded in reverse order of start, in pairs with the same start.
        let logs = (0..<8).map { SampleLog(id: "send-\($0)", start: "2022-01-01T00:00:0\(9 - $0 / 2).000Z") }
        try tenant.record(logs)
        let oldestFirst = ["send-6", "send-7", "send-4", "send-5", "send-2", "send-3", "send-0", "send-1"]
        #expect(try tenant.ids(#"{"options":{"sort":{"startDeliveryAt":1}}}"#) == oldestFirst)
        #expect(try tenant.ids(#"{"options":{"sort":{"startDeliveryAt":-1}}}"#) == oldestFirst.reversed())
        #expect(try tenant.ids("{}") == oldestFirst.reversed())
        // No page repeats or skips a log.
        for order in [1, -1] {
            let pages = try (0..<8).flatMap {
                try tenant.ids(#"{"options":{"sort":{"startDeliveryAt":\#(order)},"skip":\#($0),"limit":1}}"#)
            }
            #expect(pages == (order == 1 ? oldestFirst : oldestFirst.reversed()))
        }
    }

    @Test(
        arguments: [
            #"{"startDeliveryAt":0}"#, #"{"startDeliveryAt":2}"#, #"{"startDeliveryAt":"desc"}"#,
            #"{"startDeliveryAt":true}"#,
            #"{"startDeliveryAt":1.5}"#, #"{"destinations":1}"#, #"{"startDeliveryAt":1,"_id":1}"#,
            "\"startDeliveryAt\"", "1", "[]",
        ]
    )
    func `an unsupported sort is refused`(sort: String) throws {
        let response = try Shared.emptyTenant.post("/send-logs/search", #"{"options":{"sort":\#(sort)}}"#)
        try expectFailure(response, 400, "invalid_request", says: "options.sort")
    }

    @Test func `a search with group_destinations=list returns lists`() throws {
        let tenant = try Shared.server.tenant()
        let long = SampleLog(id: "send-2", destinations: (0..<10_000).map { "27\(820_000_000 + $0)" })
        let logs = [SampleLog(id: "send-1"), long, SampleLog(id: "send-3", destinations: [])]
        try tenant.record(logs)
        let body = #"{"options":{"sort":{"startDeliveryAt":1}}}"#
        let listed = try tenant.post("/send-logs/search?group_destinations=list", body)
        let texts = logs.map(\.listed).joined(separator: ",")
        #expect(listed.text.hasPrefix(#"{"ok":true,"data":{"total":3,"send_logs":[\#(texts)],"parsed":{"#))
        let counted = try tenant.post("/send-logs/search?group_destinations=count", body)
        #expect(counted.text.contains(logs.map(\.counted).joined(separator: ",")))
        #expect(try listed.data()["parsed"] == counted.data()["parsed"])
        #expect(try tenant.post("/send-logs/search", body).dataText == counted.dataText)
    }

    @Test func `a number can have any notation that JSON allows`() throws {
        let tenant = try Self.many.get()
        for limit in ["3", "3.0", "3e0", "30e-1", "0.3E+1"] {
            let data = try tenant.search(#"{"options":{"limit":\#(limit)}}"#)
            #expect(data["send_logs"].elements.count == 3)
            #expect(data["parsed"]["options"]["limit"] == 3)
        }
    }
}
