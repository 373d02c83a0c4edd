import Foundation
import TestSupport
import Testing

/// Files of real size are imported in full, and the responses agree with counts made here, without the project's code.
@Suite struct DataTests {
    /// A line of a file, parsed by Foundation.
    private struct Line {
        /// The text of the line; the service returns the same text, because the files are written in its form.
        let text: String
        let id: String
        let campaign: String
        let start: String
        let destinations: Int
        /// The text with the number of destinations in place of the list.
        let counted: String

        init(_ text: String) throws {
            guard let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                let id = object["_id"] as? String, let campaign = object["campaign_id"] as? String,
                let start = object["startDeliveryAt"] as? String, let list = object["destinations"] as? [String],
                let listStart = text.range(of: "\"destinations\":", options: .backwards)?.upperBound
            else { throw TestFailure("a line is not a send log in the service's form: \(text.prefix(200))") }
            (self.text, self.id, self.campaign, self.start, destinations) = (text, id, campaign, start, list.count)
            counted = "\(text[..<listStart])\(list.count)}"
        }
    }

    /// A file that an organisation has imported.
    private struct Imported {
        let tenant: Tenant
        let lines: [Line]

        func expectPage(
            _ search: IsolationModel.Search,
            list: Bool = false,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let found = lines.enumerated().filter { _, line in
                (search.campaigns?.contains(line.campaign) ?? true) && line.start >= search.from ?? ""
                    && line.start <= search.to ?? "9999"
            }
            let oldestFirst = found.sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }.map(
                \.element
            )
            let ordered = search.order == 1 ? oldestFirst : oldestFirst.reversed()
            let page = ordered.dropFirst(search.skip ?? 0).prefix(search.limit ?? 1000)
            let texts = page.map { list ? $0.text : $0.counted }.joined(separator: ",")
            let expected = "{\"ok\":true,\"data\":{\"total\":\(found.count),\"send_logs\":[\(texts)],\"parsed\":{"
            let response = try tenant.post("/send-logs/search\(list ? "?group_destinations=list" : "")", search.body)
            let agrees = response.body.starts(with: Array(expected.utf8))
            #expect(agrees, "\(search.body)", sourceLocation: sourceLocation)
        }
    }

    static let files = [TestPaths.sample] + TestPaths.sharedData

    @Test func `the project ships a sample`() throws {
        #expect(FileManager.default.fileExists(atPath: TestPaths.sample.path))
    }

    @Test(.timeLimit(.minutes(10)), arguments: files)
    func `totals, pages and lists agree with the file`(file: URL) throws {
        let bytes = try Data(contentsOf: file)
        let texts = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        let lines = try texts.map { try Line($0) }
        let (tenant, neighbour) = (try Shared.server.tenant(), try Shared.server.tenant())
        let count = lines.count
        let data = try tenant.request("POST", "/send-logs/import", body: Array(bytes)).data()
        #expect(data == ["recorded": .number(Double(count)), "existing": 0, "failed": 0, "errors": []])
        // The neighbour imports the same file with the command line.
        let command = try tenant.server.command("import", "--organisation", neighbour.name, file.path).succeeded()
        #expect(command.output == "recorded \(count), existing 0, failed 0\n")

        for tenant in [tenant, neighbour] { try Self.expectAgreement(Imported(tenant: tenant, lines: lines)) }

        let organisations = try tenant.server.command("organisation", "list", "--json").succeeded().output
        let row = try JSON(parsing: organisations.utf8).elements
            .first { $0["name"].string == tenant.name }
        #expect(row?["sends"].integer == count)
        #expect(row?["destinations"].integer == lines.reduce(0) { $0 + $1.destinations })
    }

    private static func expectAgreement(_ imported: Imported) throws {
        let lines = imported.lines
        let campaigns = Dictionary(grouping: lines, by: \.campaign).mapValues(\.count).sorted { $0.value > $1.value }
            .map(\.key)
        let starts = lines.map(\.start).sorted()
        let (early, late) = (starts[starts.count / 4], starts[starts.count * 3 / 4])
        typealias Search = IsolationModel.Search
        try imported.expectPage(Search())
        try imported.expectPage(Search(limit: 10_000, order: 1))
        try imported.expectPage(Search(skip: lines.count - 5, limit: 10))
        try imported.expectPage(Search(from: early, to: late, skip: 7, limit: 100))
        try imported.expectPage(Search(from: early, limit: 50, order: 1))
        try imported.expectPage(Search(campaigns: [campaigns[0]], limit: 10_000))
        try imported.expectPage(Search(campaigns: Array(campaigns.prefix(3)), skip: 10, limit: 40, order: 1))
        try imported.expectPage(Search(campaigns: campaigns, from: early, to: late, limit: 200))
        try imported.expectPage(Search(campaigns: campaigns.suffix(2), to: late))
        try imported.expectPage(Search(from: early, to: early))
        try imported.expectPage(Search(skip: 3, limit: 20), list: true)
        try imported.expectPage(Search(campaigns: [campaigns[0]], from: early, limit: 30), list: true)
        // All pages.
        for skip in stride(from: 0, to: lines.count, by: 333) {
            try imported.expectPage(Search(skip: skip, limit: 333))
        }
        // Each campaign and each month alone.
        for campaign in campaigns { try imported.expectPage(Search(campaigns: [campaign], limit: 3)) }
        for month in Set(starts.map { $0.prefix(7) }) {
            try imported.expectPage(
                Search(from: "\(month)-01T00:00:00.000Z", to: "\(month)-28T23:59:59.999Z", limit: 5)
            )
        }
        // Lists, including the longest.
        let longest = lines.max { $0.destinations < $1.destinations }
        for line in lines.enumerated().filter({ $0.offset % 37 == 0 }).map(\.element) + [longest].compactMap({ $0 }) {
            let response = try imported.tenant.get("/send-logs/\(line.id)?group_destinations=list")
            #expect(response.dataBytes == Array(line.text.utf8))
        }
    }
}
