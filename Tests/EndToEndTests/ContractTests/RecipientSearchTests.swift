import Foundation
import TestSupport
import Testing

/// `find.destination` in searches and exports.
@Suite struct RecipientSearchTests {
    private static func body(_ destination: JSON, _ rest: String = "") -> String {
        let texts = destination.elements.compactMap(\.string).map(JSON.text)
        let text = destination.string.map(JSON.text) ?? "[\(texts.joined(separator: ","))]"
        return #"{"find":{"destination":\#(text)}\#(rest)}"#
    }

    private static func setCallingCode(_ code: String, of tenant: Tenant) throws {
        _ = try tenant.server.command("organisation", "set", tenant.name, "--calling-code", code).succeeded()
    }

    /// Texts for 082 123 4567 in South Africa.
    private static let notations = [
        "27821234567", "+27 82 123 4567", "0027821234567", "+27 (0)82-123-4567", "tel:+27821234567;ext=12",
        "\u{200e}+27\u{a0}82\u{a0}123\u{2011}4567", "＋２７８２１２３４５６７", "<sms:+27821234567?body=Hi>",
    ]

    @Test func `a recipient is found in every notation, by every notation`() throws {
        let tenant = try Shared.server.tenant()
        let logs = Self.notations.enumerated().map { number, text in
            SampleLog(id: "log-\(number)", destinations: ["27831234567", text, "jo@example.com", text])
        }
        let others = ["27821234568", "278212345670", "7821234567", "jo27821234567@example.com", "27821234567,1"]
        try tenant.record(logs)
        try tenant.record([SampleLog(id: "other", destinations: others), SampleLog(id: "none", destinations: [])])
        for notation in Self.notations {
            let data = try tenant.search(Self.body(.string(notation)))
            #expect(data["total"].integer == logs.count, "\(notation)")
            #expect(data["send_logs"].elements.compactMap(\.["_id"].string) == logs.reversed().map(\.id), "\(notation)")
            #expect(data["parsed"]["find"] == ["destination": ["27821234567"]])
        }
        #expect(try tenant.ids(Self.body("27821234567,1")) == ["other"])
        #expect(try tenant.ids(Self.body("Jo27821234567@Example.COM")) == ["other"])
        #expect(try tenant.ids(Self.body("mailto:JO@example.com")).count == logs.count)
        #expect(try tenant.ids(Self.body("27821234569")).isEmpty)
    }

    @Test func `without a calling code, a number with one leading zero finds the numbers that it may be`() throws {
        let tenant = try Shared.server.tenant()
        let numbers = [
            "za": "+27 82 123 4567", "de": "49821234567", "national": "082 123 4567", "short": "821234567",
            "zw": "26381234567",
        ]
        for (id, number) in numbers { try tenant.record(SampleLog(id: id, destinations: [number])) }
        let found = try tenant.search(Self.body("0821234567"))
        #expect(Set(found["send_logs"].elements.compactMap(\.["_id"].string)) == ["za", "de", "national", "short"])
        #expect(found["total"] == 4)
        #expect(found["searched"] == ["0821234567", "…821234567"])
        #expect(found["parsed"]["find"] == ["destination": ["0821234567"]])
        let international = try tenant.search(Self.body("27821234567"))
        #expect(Set(international["send_logs"].elements.compactMap(\.["_id"].string)) == ["za", "national"])
        let forms: JSON = ["27821234567", "0821234567", "021234567", "07821234567", "027821234567"]
        #expect(international["searched"] == forms)
    }

    @Test func `a calling code takes effect at once, and decides what a number with one leading zero is`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record([
            SampleLog(id: "za", destinations: ["27821234567"]), SampleLog(id: "de", destinations: ["49821234567"]),
            SampleLog(id: "national", destinations: ["082 123 4567"]),
        ])
        #expect(try tenant.ids(Self.body("0821234567")) == ["national", "de", "za"])
        try Self.setCallingCode("27", of: tenant)
        let found = try tenant.search(Self.body(["0821234567", "+27821234567"]))
        #expect(found["send_logs"].elements.compactMap(\.["_id"].string) == ["national", "za"])
        #expect(found["searched"] == ["27821234567"])
        #expect(found["parsed"]["find"] == ["destination": ["27821234567"]])
        try Self.setCallingCode("49", of: tenant)
        #expect(try tenant.ids(Self.body("0821234567")) == ["national", "de"])
    }

    @Test func `an array finds each send to any of the recipients once`() throws {
        let tenant = try Shared.server.tenant()
        let numbers = (0..<5).map { "2782000000\($0)" }
        let logs = (0..<32).map { set in
            SampleLog(id: "log-\(set)", destinations: numbers.indices.filter { set >> $0 & 1 == 1 }.map { numbers[$0] })
        }
        try tenant.record(logs)
        for asked in [[0], [1, 3], [4, 0, 4], [0, 1, 2, 3, 4], []] {
            let destinations = JSON.array(asked.map { .string("+\(numbers[$0])") })
            let expected = logs.filter { log in asked.contains { log.destinations.contains(numbers[$0]) } }
            let data = try tenant.search(Self.body(destinations))
            #expect(data["total"].integer == expected.count)
            #expect(data["send_logs"].elements.compactMap(\.["_id"].string) == expected.reversed().map(\.id))
        }
        let none = try tenant.search(Self.body([]))
        #expect(none["parsed"]["find"] == ["destination": []])
        #expect(none["searched"] == [])
        let hundred = JSON.array((0..<99).map { .string("2783000\(1000 + $0)") } + [.string(numbers[0])])
        #expect(try tenant.search(Self.body(hundred))["total"] == 16)
        #expect(try tenant.search("{}")["searched"] == .null)
    }

    /// An organisation with 60 sends in three campaigns, of which every third has the recipient.
    private static let many = Result {
        let tenant = try Shared.server.tenant()
        try tenant.record(
            (0..<60).map { number in
                SampleLog(
                    id: "log-\(number)",
                    campaign: ["a", "b", "c"][number / 2 % 3],
                    start: "2022-01-\(10 + number * 7 % 19)T00:00:00.000Z",
                    destinations: number % 3 == 0 ? ["27831111111", "+27 82 123 4567"] : ["27831111111"]
                )
            }
        )
        return tenant
    }

    private static func number(of log: JSON) -> Int? { log["_id"].string.flatMap { Int($0.dropFirst("log-".count)) } }

    @Test(
        arguments: [
            "", #""campaign_id":["a"]"#, #""campaign_id":["a","c"]"#, #""campaign_id":[]"#,
            #""startDeliveryAt":{"$gte":"2022-01-15"}"#,
            #""campaign_id":"b","startDeliveryAt":{"$gte":"2022-01-12","$lte":"2022-01-22T00:00:00Z"}"#,
            #""startDeliveryAt":{"$gte":"2022-02-01"}"#,
        ],
        [-1, 1]
    )
    func `other filters, the order and pages apply to the sends of the recipient`(filter: String, order: Int) throws {
        let tenant = try Self.many.get()
        func body(_ destination: String, _ options: String) -> String {
            let find = [destination, filter].filter { !$0.isEmpty }.joined(separator: ",")
            return #"{"find":{\#(find)},"options":{"sort":{"startDeliveryAt":\#(order)}\#(options)}}"#
        }
        let all = try tenant.search(body("", ""))["send_logs"].elements.filter { log in
            Self.number(of: log).map { $0 % 3 == 0 } ?? false
        }
        let destination = #""destination":"27821234567""#
        for (skip, limit) in [(0, 1000), (0, 3), (3, 4), (7, 1), (30, 5), (0, 0)] {
            let data = try tenant.search(body(destination, #","skip":\#(skip),"limit":\#(limit)"#))
            #expect(data["total"].integer == all.count)
            #expect(data["send_logs"] == .array(Array(all.dropFirst(skip).prefix(limit))))
        }
        let early = all.filter { log in Self.number(of: log).map { $0 < 30 } ?? false }
        #expect(try tenant.search(body(destination, #","as_of":30"#))["send_logs"] == .array(early))
        let lists = try tenant.search(body(destination, ""), list: true)["send_logs"].elements
        #expect(lists.map(\.["_id"]) == all.map(\.["_id"]))
        #expect(lists.allSatisfy { $0["destinations"] == ["27831111111", "+27 82 123 4567"] })
    }

    @Test func `paging by skip returns every send to the recipient once while others are recorded`() throws {
        let tenant = try Shared.server.tenant()
        let old = (0..<100).map { SampleLog(id: "old-\($0)", start: "2022-01-\(10 + $0 % 15)T00:00:00.000Z") }
        try tenant.record(old)
        let recorder = try Recorder(in: tenant) { number in
            SampleLog(id: "new-\(number)", start: "2022-01-\(10 + number % 15)T00:00:00.000Z")
        }
        let first = try tenant.post("/send-logs/search", Self.body("27821234567", #","options":{"limit":7}"#))
        let data = try first.data()
        let (total, asOf) = (data["total"], try #require(data["parsed"]["options"]["as_of"].integer))
        var seen: [String] = []
        while true {
            let rest = #","options":{"as_of":\#(asOf),"skip":\#(seen.count),"limit":7}"#
            let page = try tenant.search(Self.body("27821234567", rest))
            #expect(page["total"] == total)
            let ids = page["send_logs"].elements.compactMap(\.["_id"].string)
            if ids.isEmpty { break }
            seen += ids
        }
        #expect(try recorder.stop() > 0)
        #expect(seen.count == total.integer && Set(seen).count == seen.count)
        #expect(Set(seen).isSuperset(of: old.map(\.id)))
        // The whole of parsed gives the same response.
        let text = try #require(first.dataText)
        let start = try #require(text.range(of: "],\"parsed\":", options: .backwards)?.upperBound)
        #expect(try tenant.post("/send-logs/search", String(text[start...].dropLast())).dataText == text)
    }

    @Test func `an export has the sends to the recipient, in both formats and with lists`() throws {
        let tenant = try Shared.server.tenant()
        let logs = (0..<3000).map { number in
            SampleLog(id: "log-\(number)", destinations: number % 2 == 0 ? ["+27821234567"] : ["27831234567"])
        }
        try tenant.record(logs)
        let sent = logs.filter { $0.destinations == ["+27821234567"] }.reversed()
        let body = Self.body("082 123 4567", #","options":{"skip":5,"limit":1}"#)
        for (query, text) in [
            ("", sent.map { $0.counted + "\n" }.joined()),
            ("?group_destinations=list", sent.map { $0.listed + "\n" }.joined()),
        ] {
            let export = try tenant.post("/send-logs/export\(query)", body)
            #expect(export.status == 200)
            #expect(export["x-sendlog-total"] == "1500" && export["x-sendlog-as-of"] == "3000")
            #expect(export.text == text)
        }
        let csv = try tenant.post("/send-logs/export?format=csv", body)
        #expect(csv["x-sendlog-total"] == "1500")
        #expect(csv.text.components(separatedBy: "\r\n").count == 1502)
        let early = try tenant.post("/send-logs/export", Self.body("27821234567", #","options":{"as_of":10}"#))
        #expect(early["x-sendlog-total"] == "5" && early["x-sendlog-as-of"] == "10")
        #expect(try tenant.post("/send-logs/export", Self.body("27840000000")).text.isEmpty)
    }

    @Test func `an acknowledged send is in the next search for its recipient`() throws {
        let tenant = try Shared.server.tenant()
        _ = try inParallel(3) { worker in
            let connection = try tenant.server.connect()
            for round in 0..<20 {
                let number = "27820\(worker)000\(10 + round)"
                let log = SampleLog(id: "log-\(worker)-\(round)", destinations: ["27831234567", number])
                let body = Array(log.json.utf8)
                _ = try connection.request("POST", "/send-logs", headers: tenant.headers, body: body).data(201)
                #expect(try tenant.ids(Self.body(.string("+\(number)"))) == [log.id])
            }
        }
        #expect(try tenant.search(Self.body("+27 83 123 4567"))["total"] == 60)
    }
}
