import Foundation
import TestSupport
import Testing

/// Exports: the whole result of a search as a file.
@Suite struct ExportTests {
    private static let header = "_id,campaign_id,message,triggeredBy,startDeliveryAt,destinations\r\n"

    @Test func `an export has the whole result with any limit, in both formats`() throws {
        let tenant = try Shared.server.tenant()
        let logs = (0..<2500).map { number in
            let start = "2022-01-\(number % 2 == 0 ? "10" : "20")T00:00:00.\(String(format: "%03d", number / 3))Z"
            return SampleLog(id: "log-\(number)", campaign: number % 5 == 0 ? "a" : "b", start: start)
        }
        try tenant.record(logs)
        let ids = try tenant.ids(#"{"options":{"limit":10000}}"#)
        let narrow =
            #"{"find":{"campaign_id":["a"],"startDeliveryAt":{"$lte":"2022-01-15"}},"options":{"skip":7,"limit":3,"sort":{"startDeliveryAt":1}}}"#
        let narrowIDs = try tenant.ids(narrow.replacing("\"skip\":7,\"limit\":3", with: "\"limit\":10000"))
        #expect(narrowIDs.count == 250)
        for (body, ids) in [("", ids), ("{\"options\":{\"limit\":1}}", ids), (narrow, narrowIDs)] {
            let lines = try tenant.post("/send-logs/export", body)
            #expect(lines.status == 200)
            #expect(lines["content-type"] == "application/x-ndjson")
            #expect(lines["content-disposition"] == "attachment; filename=\"send-logs.ndjson\"")
            #expect(lines["x-sendlog-total"] == "\(ids.count)")
            let byID = Dictionary(uniqueKeysWithValues: logs.map { ($0.id, $0.counted) })
            #expect(lines.text == ids.compactMap { byID[$0] }.map { $0 + "\n" }.joined())
            let csv = try tenant.post("/send-logs/export?format=csv", body)
            #expect(csv["content-type"] == "text/csv; charset=utf-8; header=present")
            let rows = csv.text.components(separatedBy: "\r\n")
            #expect(csv.text.hasPrefix(Self.header))
            #expect(rows.dropFirst().dropLast().map { String($0.dropFirst().prefix { $0 != "\"" }) } == ids)
        }
    }

    @Test func `an export with parsed as its body has the snapshot of the search`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record([SampleLog(id: "a"), SampleLog(id: "b")])
        let response = try tenant.post("/send-logs/search", #"{"options":{"limit":1}}"#)
        let start = try #require(response.text.firstRange(of: "\"parsed\":")).upperBound
        let end = try #require(response.text.firstRange(of: "},\"requestId\":")).lowerBound
        try tenant.record(SampleLog(id: "c"))
        let export = try tenant.post("/send-logs/export", String(response.text[start..<end]))
        #expect(export.text == "\(SampleLog(id: "b").counted)\n\(SampleLog(id: "a").counted)\n")
        #expect(export["x-sendlog-as-of"] == "2")
    }

    @Test func `an export can list all destinations`() throws {
        let tenant = try Shared.server.tenant()
        let long = SampleLog(id: "long", destinations: (0..<20_000).map { "2782\(1_000_000 + $0)" })
        try tenant.record([long, SampleLog(id: "none", destinations: [])])
        let export = try tenant.post("/send-logs/export?group_destinations=list&format=ndjson", "{}")
        #expect(export.text == "\(SampleLog(id: "none", destinations: []).listed)\n\(long.listed)\n")
        let refused = try tenant.post("/send-logs/export?group_destinations=list&format=csv", "{}")
        try expectFailure(refused, 400, "invalid_request", says: "group_destinations", issue: "group_destinations")
    }

    @Test func `no cell of a CSV file has a formula, and the documented program restores each message`() throws {
        let tenant = try Shared.server.tenant()
        // A message, and the text of its cell if that differs.
        let messages: [(text: String, cell: String?)] = [
            ("=1+1", "'=1+1"), ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("+1+1", "'+1+1"), ("-1-1", "'-1-1"),
            ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"), ("\rx", "'\rx"), ("\n=1", "'\n'=1"), ("'=1", "''=1"),
            ("''=1", "'''=1"), ("＝1", "'＝1"), ("＠x", "'＠x"), ("+5.", "'+5."), ("+", "'+"), ("-", "'-"),
            ("+1e5", "'+1e5"), (" =1", " '=1"), ("\"=1", "\"'=1"), ("hi;=1+1;x", "hi;'=1+1;x"), ("hi\t=1", "hi\t'=1"),
            ("hi\r\n=1", "hi\r\n'=1"), ("hi\u{2028}=1", "hi\u{2028}'=1"), ("\u{feff}=1", "\u{feff}'=1"),
            ("hi;\u{200b}'-1", "hi;\u{200b}''-1"), ("'tis", nil), ("+27821234567", nil), ("-5", nil), ("-5.25", nil),
            ("a=1", nil), ("plain, \"quoted\"", nil), ("", nil), ("😀", nil), ("two\nlines", nil), ("'", nil),
            ("Sale - 50% off", nil),
        ]
        try tenant.record(
            messages.enumerated().map {
                SampleLog(id: "log-\($0)", message: $1.text, start: "2022-01-15T12:00:00.000Z")
            }
        )
        let csv = try tenant.post("/send-logs/export?format=csv", #"{"options":{"sort":{"startDeliveryAt":1}}}"#)
        let cells = try Self.parseCSV(csv.text).dropFirst().map { $0[2] }
        #expect(cells == messages.map { $0.cell ?? $0.text })
        let folder = try TemporaryFolder()
        try Data(csv.body).write(to: URL(filePath: folder.file("send-logs.csv")))
        let page = try String(contentsOf: TestPaths.package.appending(path: "docs/console.md"), encoding: .utf8)
        let program = try #require(page.firstMatch(of: #/```python\n([^`]+)```/#)).output.1
        let script = """
            import json, os, sys
            os.chdir(os.path.dirname(sys.argv[1]))
            \(program)
            print(json.dumps([row[2] for row in rows[1:]]))
            """
        let read = try Command.tool("python3", "-c", script, folder.file("send-logs.csv")).succeeded()
        let restored = try JSONDecoder().decode([String].self, from: Data(read.output.utf8))
        #expect(restored == messages.map { $0.text })
    }

    /// Parses CSV according to RFC 4180.
    private static func parseCSV(_ text: String) throws -> [[String]] {
        var (rows, row, cell, isQuoted): ([[String]], [String], String.UnicodeScalarView, Bool) = (
            [], [], .init(), false
        )
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"" where isQuoted && scalars.first == "\"": cell.append(scalars.removeFirst())
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                row.append(String(cell))
                cell = .init()
            case "\r" where !isQuoted && scalars.first == "\n":
                scalars.removeFirst()
                rows.append(row + [String(cell)])
                (row, cell) = ([], .init())
            default: cell.append(scalar)
            }
        }
        if isQuoted || !row.isEmpty { throw TestFailure("the CSV ends within a row") }
        return rows
    }

    @Test(
        arguments: [
            ("?format=xml", "{}", "format"), ("?format=", "{}", "format"), ("?fromat=csv", "{}", "fromat"),
            ("?group_destinations=all", "{}", "group_destinations"),
            ("", #"{"find":{"campaignId":["a"]}}"#, "find.campaignId"),
            ("", #"{"options":{"limit":10001}}"#, "options.limit"), ("", "nonsense", ""),
        ]
    )
    func `invalid input gets 400 before the export begins`(query: String, body: String, path: String) throws {
        let response = try Shared.emptyTenant.post("/send-logs/export\(query)", body)
        try expectFailure(response, 400, "invalid_request", issue: path)
    }

    @Test func `an export needs sendLog.read`() throws {
        let sender = try Shared.server.tenant(permissions: "sendLog.create")
        let response = try sender.post("/send-logs/export", "{}")
        try expectFailure(response, 403, "permission_denied", says: "sendLog.read")
        try expectFailure(sender.get("/send-logs/export"), 403, "permission_denied")
        try expectFailure(Shared.emptyTenant.get("/send-logs/export"), 404, "resource_not_found", says: "POST")
    }
}
