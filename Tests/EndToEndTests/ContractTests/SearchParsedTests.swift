import Foundation
import Testing

/// `parsed`, `as_of` and the snapshot of a search.
@Suite struct SearchParsedTests {
    /// The text of `parsed` at the end of a response.
    private static func parsed(of response: HTTPResponse) throws -> String {
        let text = try #require(response.dataText)
        let start = try #require(text.range(of: "],\"parsed\":", options: .backwards)?.upperBound)
        return String(text[start...].dropLast(1))
    }

    @Test func `parsed is the query with defaults and normalised dates`() throws {
        let body = """
            {"find":{"campaign_id":"b","startDeliveryAt":{"$lte":"2022-02-01T01:59:59.9999+02:00","$gte":"2022-01-01"}},
            "options":{"limit":7}}
            """
        let data = try Shared.emptyTenant.search(body)
        let range: JSON = ["$gte": "2022-01-01T00:00:00.000Z", "$lte": "2022-01-31T23:59:59.999Z"]
        let find: JSON = ["campaign_id": ["b"], "startDeliveryAt": range]
        let options: JSON = ["skip": 0, "limit": 7, "sort": ["startDeliveryAt": -1], "as_of": 0]
        #expect(data["parsed"] == ["find": find, "options": options])
    }

    @Test(
        arguments: [
            "{}", #"{"find":{"campaign_id":["b","a","b"]}}"#, #"{"find":{"campaign_id":[]}}"#,
            #"{"find":{"startDeliveryAt":{"$gte":"2022-01-04"}},"options":{"skip":2,"limit":3}}"#,
            #"{"find":{"startDeliveryAt":{"$lte":"2022-01-08T00:00:00+02:00"}},"options":{"sort":{"startDeliveryAt":1}}}"#,
            #"{"find":{"campaign_id":"a"},"options":{"limit":0}}"#, #"{"options":{"as_of":5,"limit":2,"skip":1}}"#,
        ]
    )
    func `a search with parsed as its body gets the same response, even after more is recorded`(body: String) throws {
        let tenant = try Shared.server.tenant()
        let logs = (1...9).map {
            SampleLog(id: "send-\($0)", campaign: $0 % 2 == 0 ? "a" : "b", start: "2022-01-0\($0)T10:00:00.000Z")
        }
        try tenant.record(logs)
        let response = try tenant.post("/send-logs/search", body)
        #expect(response.status == 200)
        let parsed = try Self.parsed(of: response)
        #expect(try tenant.post("/send-logs/search", parsed).dataText == response.dataText)
        try tenant.record(SampleLog(id: "late", campaign: "a", start: "2022-01-05T00:00:00.000Z"))
        #expect(try tenant.post("/send-logs/search", parsed).dataText == response.dataText)
    }

    @Test func `paging by skip returns every log once while new ones are recorded`() throws {
        let tenant = try Shared.server.tenant()
        let old = (0..<300).map { number in
            SampleLog(id: "old-\(number)", start: "2022-01-\(10 + number % 15)T00:00:\(10 + number % 40).000Z")
        }
        try tenant.record(old)
        let recorder = try Recorder(in: tenant) { number in
            // Newer, older, and between the logs of the pages.
            let start = ["2023-01-01", "2021-01-01", "2022-01-\(10 + number % 15)"][number % 3]
            return SampleLog(id: "new-\(number)", start: "\(start)T00:00:30.000Z")
        }
        let asOf = try #require(try tenant.search(#"{"options":{"limit":0}}"#)["parsed"]["options"]["as_of"].integer)
        #expect(asOf >= 300)
        for order in [-1, 1] {
            var (seen, totals): ([String], Set<Int>) = ([], [])
            while true {
                let body = """
                    {"options":{"as_of":\(asOf),"skip":\(seen.count),"limit":7,"sort":{"startDeliveryAt":\(order)}}}
                    """
                let data = try tenant.search(body)
                totals.insert(try #require(data["total"].integer))
                #expect(data["parsed"]["options"]["as_of"] == JSON.number(Double(asOf)))
                let page = data["send_logs"].elements.compactMap(\.["_id"].string)
                if page.isEmpty { break }
                seen += page
            }
            #expect(totals == [asOf])
            #expect(seen.count == asOf)
            #expect(Set(seen).count == seen.count)
            #expect(Set(seen).isSuperset(of: old.map(\.id)))
        }
        let recorded = try recorder.stop()
        #expect(recorded > 1, "nothing was recorded while paging")
        #expect(try tenant.total() == 300 + recorded)
    }

    @Test func `as_of alone fixes the snapshot, and a search without it sees everything so far`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let first = try tenant.search("{}")
        let asOf = try #require(first["parsed"]["options"]["as_of"].integer)
        try tenant.record(SampleLog(id: "send-2"))
        #expect(try tenant.ids(#"{"options":{"as_of":\#(asOf)}}"#) == ["send-1"])
        #expect(try tenant.ids("{}") == ["send-2", "send-1"])
        #expect(try tenant.search(#"{"options":{"as_of":0}}"#)["total"] == 0)
    }

    @Test(arguments: ["-1", "1.5", "\"7\"", "true", "1e400", "{}"])
    func `an invalid as_of is refused`(value: String) throws {
        let response = try Shared.emptyTenant.post("/send-logs/search", #"{"options":{"as_of":\#(value)}}"#)
        try expectFailure(response, 400, "invalid_request", says: "options.as_of", issue: "options.as_of")
    }

    @Test func `an acknowledged log is in the next search of any client`() throws {
        let tenant = try Shared.server.tenant()
        let rounds = 40
        _ = try inParallel(3) { worker in
            let connection = try tenant.server.connect()
            for round in 0..<rounds {
                let log = SampleLog(id: "send-\(worker)-\(round)", campaign: "campaign-\(worker)-\(round)")
                let created = try connection.request(
                    "POST",
                    "/send-logs",
                    headers: tenant.headers,
                    body: Array(log.json.utf8)
                )
                _ = try created.data(201)
                #expect(try tenant.search(#"{"find":{"campaign_id":["\#(log.campaign)"]}}"#)["total"] == 1)
            }
        }
        #expect(try tenant.total() == 3 * rounds)
    }

    @Test func `the response to a search must not be cached`() throws {
        let response = try Shared.emptyTenant.post("/send-logs/search", "{}")
        #expect(response["etag"] == nil)
        #expect(response["expires"] == nil)
        #expect(response["cache-control"].map { $0.contains("no-store") } ?? true)
    }
}
