import Foundation
import TestSupport
import Testing

/// Reading one send log: formats, compression and IDs.
@Suite struct GetOneTests {
    @Test func `the count form is the default, and the list form has the strings`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1", destinations: ["27821234567", "a@example.org"])
        try tenant.record(log)
        #expect(try tenant.get("/send-logs/send-1").dataText == log.counted)
        #expect(try tenant.get("/send-logs/send-1?group_destinations=count").dataText == log.counted)
        #expect(
            try tenant.get("/send-logs/send-1?group_destinations=list").dataText == log.listed
        )
    }

    @Test func `HEAD has the status and headers of GET, without a body`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        for (id, status) in [("send-1", 200), ("send-2", 404)] {
            for query in ["", "?group_destinations=list"] {
                // A body after the head would be at the beginning of the next response.
                let connection = try tenant.server.connect()
                let response = try connection.request("HEAD", "/send-logs/\(id)\(query)", headers: tenant.headers)
                #expect(response.status == status)
                #expect(try tenant.get("/send-logs/\(id)\(query)")["content-type"] == response["content-type"])
                guard response["connection"] != "close" else {
                    #expect(try connection.readToEnd().isEmpty)
                    continue
                }
                #expect(try connection.request("GET", "/health").status == 200)
            }
        }
    }

    @Test func `a send without destinations has an empty list`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1", destinations: []))
        let count = try tenant.get("/send-logs/send-1")
        let list = try tenant.get("/send-logs/send-1?group_destinations=list")
        #expect(count.text.contains(#""destinations":0},"requestId":"#))
        #expect(list.text.contains(#""destinations":[]},"requestId":"#))
    }

    @Test(arguments: [1, 8191, 8192, 8193, 100_000])
    func `a list of any length comes back whole`(count: Int) throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1", destinations: (0..<count).map { "27\(820_000_000 + $0 * 7 % 99_999_999)" })
        try tenant.record(log)
        #expect(try tenant.get("/send-logs/send-1").data()["destinations"] == JSON.number(Double(count)))
        let listed = try tenant.get("/send-logs/send-1?group_destinations=list")
        #expect(listed.dataBytes == Array(log.listed.utf8))
    }

    @Test func `a client that accepts gzip gets the same list`() throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1", destinations: (0..<20_000).map { "27\(820_000_000 + $0)" })
        try tenant.record(log)
        let path = "/send-logs/send-1?group_destinations=list"
        let response = try tenant.request("GET", path, headers: [("Accept-Encoding", "gzip, deflate, br")])
        #expect(response["content-encoding"] == "gzip")
        #expect(response["vary"] == "Accept-Encoding")
        #expect(response.body.count < log.listed.utf8.count * 45 / 100)
        #expect(try Self.decompressed(response).dataText == log.listed)
        let head = try tenant.request("HEAD", path, headers: [("Accept-Encoding", "gzip")])
        #expect(head["content-encoding"] == "gzip")
    }

    @Test(arguments: ["gzip;q=0", "identity", "br", "*;q=0", "gzip;q=0.0, *", ""])
    func `a client that does not accept gzip gets the list uncompressed`(accepted: String) throws {
        let tenant = try Shared.server.tenant()
        let log = SampleLog(id: "send-1", destinations: ["27821234567", "a@example.org"])
        try tenant.record(log)
        let path = "/send-logs/send-1?group_destinations=list"
        let response = try tenant.request("GET", path, headers: [("Accept-Encoding", accepted)])
        #expect(response["content-encoding"] == nil)
        #expect(response["vary"] == "Accept-Encoding")
        #expect(response.dataText == log.listed)
    }

    @Test func `a search response can be gzip, with lists of numbers or addresses, or empty lists`() throws {
        let tenant = try Shared.server.tenant()
        let lists = [
            [], ["27821234567"], (0..<9000).map { "2782\(1_000_000 + $0 * 37)" }, (0..<900).map { "a\($0)@b.example" },
        ]
        let logs = lists.enumerated().map { SampleLog(id: "send-\($0)", destinations: $1) }
        try tenant.record(logs)
        let target = "/send-logs/search?group_destinations=list"
        let plain = try tenant.request("POST", target, body: [])
        let compressed = try tenant.request("POST", target, headers: [("Accept-Encoding", "GZIP")], body: [])
        #expect(compressed["content-encoding"] == "gzip")
        #expect(try Self.decompressed(compressed).dataText == plain.dataText)
        // Compression is not worth it for counts.
        let counts = try tenant.request("POST", "/send-logs/search", headers: [("Accept-Encoding", "gzip")], body: [])
        #expect(counts["content-encoding"] == nil)
    }

    private static func decompressed(_ response: HTTPResponse) throws -> HTTPResponse {
        let folder = try TemporaryFolder()
        try Data(response.body).write(to: URL(filePath: folder.file("response.gz")))
        let text = try Command.tool("gzip", "-dc", folder.file("response.gz")).succeeded().output
        return HTTPResponse(status: response.status, headers: response.headers, body: Array(text.utf8))
    }

    @Test func `ids are compared character for character`() throws {
        let tenant = try Shared.server.tenant()
        // A store that encodes ids more compactly than as text must not confuse any two of these.
        let ids = [
            "0", "00", "1", "01", "-1", "1e3", "1000", "null", "true", "search", "import", "_", "-", "--",
            "9223372036854775808",
            "5f5a1d8d2e0e4c6c8c0c0c0c", "5F5A1D8D2E0E4C6C8C0C0C0C", "5f5a1d8d2e0e4c6c8c0c0c0C",
            "000000000000000000000000",
            "5f5a1d8d2e0e4c6c8c0c0c0", "5f5a1d8d2e0e4c6c8c0c0c0cc", String(repeating: "Z", count: 64),
            String(repeating: "0", count: 64), String(repeating: "a", count: 32), String(repeating: "A", count: 32),
        ]
        let logs = ids.enumerated().map {
            SampleLog(id: $1, campaign: ids[ids.count - 1 - $0], message: "message \($0)")
        }
        try tenant.record(logs)
        for log in logs {
            #expect(try tenant.get("/send-logs/\(log.id)").dataText == log.counted)
            let found = try tenant.search(#"{"find":{"campaign_id":["\#(log.campaign)"]}}"#)
            #expect(found["total"] == 1)
            #expect(found["send_logs"][0]["_id"].string == log.id)
        }
    }
}
