import Foundation
import TestSupport
import Testing

/// Two organisations that use the same IDs and campaigns never see each other's data, for random requests in any order.
@Suite struct IsolationTests {
    /// One organisation: its connection, and the model that predicts its responses.
    private struct Side {
        let tenant: Tenant
        let connection: HTTPConnection
        var model = IsolationModel()

        init(_ tenant: Tenant) throws {
            self.tenant = tenant
            connection = try tenant.server.connect()
        }

        func request(_ method: String, _ target: String, _ body: String? = nil) throws -> HTTPResponse {
            try connection.request(method, target, headers: tenant.headers, body: body.map { Array($0.utf8) })
        }
    }

    @Test(.timeLimit(.minutes(60)))
    func `every response is the same as without the other organisation`() throws {
        let server = try Shared.server
        var sides = [try Side(server.tenant()), try Side(server.tenant())]
        let seed = TestSeed.printed("every response is the same as without the other organisation")
        var random = SplitMix64(seed: seed)
        for step in 0..<TestScale.count(1500, soak: 15_000) {
            let which = Int.random(in: 0...1, using: &random)
            try Self.takeStep(&sides[which], &random, "seed \(seed), step \(step), organisation \(which)")
        }
        #expect(sides.allSatisfy { $0.model.logs.count > 20 })
        for side in sides { #expect(try side.tenant.total() == side.model.logs.count) }
        let metrics = try sides[0].tenant.request("GET", "/metrics", authorisation: "").text
        for side in sides { #expect(!metrics.contains(side.tenant.name)) }
        #expect(!metrics.contains("shared-"))
    }

    private static func takeStep(_ side: inout Side, _ random: inout SplitMix64, _ context: Comment) throws {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...2: try create(&side, &random, context)
        case 3: try importLines(&side, &random, context)
        case 4...5: try get(side, &random, context)
        case 6: try compare(side, &random, context)
        default: try search(side, &random, context)
        }
    }

    private static func randomLog(_ random: inout SplitMix64) -> SampleLog {
        SampleLog(
            id: "shared-\(Int.random(in: 0..<60, using: &random))",
            campaign: "shared-campaign-\(Int.random(in: 0..<4, using: &random))",
            message: Bool.random(using: &random) ? "Hi {{contact.firstname}}" : "Ho",
            start:
                "2022-01-0\(Int.random(in: 1...5, using: &random))T12:00:00.00\(Int.random(in: 0...1, using: &random))Z",
            destinations: (0...Int.random(in: 0...1, using: &random)).map { _ in
                "278\(Int.random(in: 2...4, using: &random))1234567"
            }
        )
    }

    private static func create(_ side: inout Side, _ random: inout SplitMix64, _ context: Comment) throws {
        let log = randomLog(&random)
        let response = try side.request("POST", "/send-logs", log.json)
        switch side.model.record(log) {
        case .recorded: #expect(response.status == 201 && response.dataText == log.counted, context)
        case .existing: #expect(response.status == 200 && response.dataText == log.counted, context)
        case .conflict: #expect(response.status == 409, context)
        }
    }

    private static func importLines(_ side: inout Side, _ random: inout SplitMix64, _ context: Comment) throws {
        let logs = (0..<Int.random(in: 1...6, using: &random)).map { _ in randomLog(&random) }
        let data = try side.request("POST", "/send-logs/import", logs.map(\.json).joined(separator: "\n")).data()
        let outcomes = logs.map { side.model.record($0) }
        #expect(data["recorded"].integer == outcomes.filter { $0 == .recorded }.count, context)
        #expect(data["existing"].integer == outcomes.filter { $0 == .existing }.count, context)
        #expect(data["failed"].integer == outcomes.filter { $0 == .conflict }.count, context)
    }

    private static func get(_ side: Side, _ random: inout SplitMix64, _ context: Comment) throws {
        let (id, list) = (randomLog(&random).id, Bool.random(using: &random))
        let response = try side.request("GET", "/send-logs/\(id)\(list ? "?group_destinations=list" : "")")
        if let log = side.model.logs.first(where: { $0.id == id }) {
            #expect(response.dataText == (list ? log.listed : log.counted), context)
        } else {
            #expect(response.status == 404, context)
        }
    }

    private static func search(_ side: Side, _ random: inout SplitMix64, _ context: Comment) throws {
        func maybe<Value>(_ value: @autoclosure () -> Value) -> Value? { Bool.random(using: &random) ? value() : nil }
        let days = [randomLog(&random).start, randomLog(&random).start].sorted()
        var search = IsolationModel.Search()
        search.campaigns = maybe((0..<4).filter { _ in Bool.random(using: &random) }.map { "shared-campaign-\($0)" })
        search.from = maybe(days[0])
        search.to = maybe(days[1])
        search.skip = maybe(Int.random(in: 0...10, using: &random))
        search.limit = maybe(Int.random(in: 0...8, using: &random))
        search.order = maybe(Bool.random(using: &random) ? 1 : -1)
        search.recipients = maybe(
            ["27821234567", "27831234567", "27841234567"].filter { _ in Bool.random(using: &random) }
        )
        search.asOf = maybe(Int.random(in: 0...side.model.logs.count, using: &random))
        let list = Bool.random(using: &random)
        let target = "/send-logs/search\(list ? "?group_destinations=list" : "")"
        let response = try side.request("POST", target, search.body)
        #expect(response.text.hasPrefix(side.model.response(to: search, list: list)), context)
        #expect(
            try response.data()["parsed"]["options"]["as_of"].integer == search.asOf ?? side.model.logs.count,
            context
        )
    }

    private static func compare(_ side: Side, _ random: inout SplitMix64, _ context: Comment) throws {
        let log = randomLog(&random)
        let asOf = Int.random(in: 0...side.model.logs.count, using: &random)
        let (campaign, send) = (JSON.text(log.campaign), JSON.text(log.id))
        let body = #"{"a":{"campaign_id":\#(campaign)},"b":{"send_id":\#(send)},"options":{"as_of":\#(asOf)}}"#
        let response = try side.request("POST", "/recipients/compare", body)
        if let expected = side.model.response(toCampaign: log.campaign, send: log.id, asOf: asOf) {
            #expect(response.text.hasPrefix(expected), context)
        } else {
            #expect(response.status == 404, context)
        }
    }
}
