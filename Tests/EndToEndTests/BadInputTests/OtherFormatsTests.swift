import TestSupport
import Testing

/// Byte order marks, and bodies in formats that are not the expected JSON: the error names the format.
@Suite struct OtherFormatsTests {
    private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]

    @Test func `a byte order mark is skipped in every body`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        let (one, two) = (Self.mark + Array(SampleLog(id: "a").json.utf8), Array("\n".utf8))
        #expect(try tenant.request("POST", "/send-logs", body: one).status == 201)
        let lines = one + two + Self.mark + Array(SampleLog(id: "b").json.utf8) + two + Self.mark + two
        let report = try tenant.request("POST", "/send-logs/import", body: lines, chunked: [1, 1, 7]).data()
        #expect(report == ["recorded": 1, "existing": 1, "failed": 0, "errors": []])
        let search = Self.mark + Array(#"{"find":{"campaign_id":"spring"}}"#.utf8)
        #expect(try tenant.request("POST", "/send-logs/search", body: search).data()["total"] == 2)
        #expect(try tenant.request("POST", "/send-logs/search", body: Self.mark).data()["total"] == 2)
        let name = Self.mark + Array(#"{"name":"Spring"}"#.utf8)
        #expect(try tenant.request("PUT", "/campaigns/spring", body: name).status == 200)
    }

    @Test func `the error for a search or a send log names the format`() throws {
        let utf16 = "{\"find\":{}}".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        for path in ["/send-logs/search", "/send-logs"] {
            for (body, says) in [
                ([0xff, 0xfe] + utf16, "this is UTF-16; use UTF-8"), (utf16, "this is UTF-16; use UTF-8"),
                (try Gzip.compressed("{}"), "this is gzip; send Content-Encoding: gzip"),
                (Array("PK\u{3}\u{4}\u{14}\u{0}".utf8), "this is a ZIP archive"),
                ([0x28, 0xb5, 0x2f, 0xfd, 0x24, 0], "this is zstd"), (Array("%7B%7D".utf8), "this is URL-encoded"),
            ] {
                let response = try Shared.emptyTenant.request("POST", path, body: body)
                try expectFailure(response, 400, "invalid_request", says: "the body is not valid JSON", says)
            }
        }
        let array = try Shared.emptyTenant.post("/send-logs", "[\(SampleLog(id: "a").json)]")
        try expectFailure(
            array,
            400,
            "invalid_request",
            says:
                "must be an object, not an array; send one object, or POST /send-logs/import with one send log per line"
        )
    }

    @Test func `an import names the format of a line`() throws {
        let tenant = try Shared.server.tenant()
        let pretty = "[\n  {\n    \"_id\": \"a\"\n  }\n]\n"
        let errors = try tenant.post("/send-logs/import", pretty).data()["errors"].elements
        #expect(errors.count == 5)
        #expect(errors[0]["message"].string?.contains("this is a JSON array; send one send log per line") == true)
        #expect(errors[1]["message"].string?.contains("this is pretty-printed JSON") == true)
        let gzip = try tenant.request("POST", "/send-logs/import", body: Gzip.compressed(SampleLog(id: "a").json))
            .data()
        let message = gzip["errors"][0]["message"].string ?? ""
        #expect(message.contains("this is gzip; send Content-Encoding: gzip"), "\(message)")
        let utf16 = "\(SampleLog(id: "a").json)\r\n".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        let failures = try tenant.request("POST", "/send-logs/import", body: utf16 + utf16).data()["errors"].elements
        try #require(failures.count >= 2)
        for error in failures.prefix(2) {
            #expect(error["message"].string?.contains("this is UTF-16") == true)
        }
        let csv = try tenant.post("/send-logs/import", "number;text\n27821234567;Hello\n").data()["errors"].elements
        #expect(csv.count == 2)
        for error in csv {
            #expect(error["message"].string?.contains("this is CSV; send JSON, one send log per line") == true)
        }
        // curl -d removes the line breaks.
        let joined = try tenant.post("/send-logs/import", SampleLog(id: "a").json + SampleLog(id: "b").json).data()
        #expect(joined["failed"] == 1)
        #expect(joined["errors"][0]["message"].string?.contains("with curl, use --data-binary") == true)
        #expect(try tenant.total() == 0)
    }

    @Test func `a default export is refused with advice, and an export of lists is imported`() throws {
        let (source, target) = (try Shared.server.tenant(), try Shared.server.tenant())
        try source.record([SampleLog(id: "a"), SampleLog(id: "b", destinations: [])])
        let counts = try source.post("/send-logs/export", "{}").text
        let refused = try target.post("/send-logs/import", counts).data()
        #expect(refused["failed"] == 2)
        let rule = "destinations must be an array of strings, not a number"
        let advice = "\(rule); if this is an export, export with group_destinations=list"
        for error in refused["errors"].elements { #expect(error["message"].string == advice) }
        let first = counts.split(separator: "\n")[0]
        let one = try target.post("/send-logs", String(first))
        try expectFailure(one, 400, "invalid_request", says: rule)
        #expect(!one.text.contains("export"))
        let csv = try source.post("/send-logs/export?format=csv", "{}").text
        let heading = try target.post("/send-logs/import", csv).data()["errors"][0]["message"].string ?? ""
        #expect(heading.contains("this is CSV; export with format=ndjson and group_destinations=list"), "\(heading)")
        let lists = try source.post("/send-logs/export?group_destinations=list", "{}").text
        #expect(try target.post("/send-logs/import", lists).data()["recorded"] == 2)
    }
}
