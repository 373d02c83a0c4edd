import Foundation
import TestSupport
import Testing

/// Comparisons of audiences: the distinct recipients of one or two of them.
@Suite struct CompareTests {
    private static func compare(_ tenant: Tenant, _ body: String, _ query: String = "") throws -> HTTPResponse {
        try tenant.post("/recipients/compare\(query)", body)
    }

    /// The numbers of a response: a, b, both, only_a, only_b.
    private static func numbers(_ tenant: Tenant, _ body: String) throws -> [Int] {
        let data = try compare(tenant, body).data()
        return ["a", "b", "both", "only_a", "only_b"].compactMap { data[$0].integer }
    }

    private static func list(_ texts: [String]) -> String {
        #"{"destinations":[\#(texts.map(JSON.text).joined(separator: ","))]}"#
    }

    /// An organisation with two campaigns in January and February.
    private static func sample() throws -> Tenant {
        let tenant = try Shared.server.tenant()
        try tenant.record([
            SampleLog(id: "one", campaign: "x", destinations: ["27821111111", "+27 82 222 2222", "27821111111"]),
            SampleLog(id: "two", campaign: "x", start: "2022-02-15T12:00:00Z", destinations: ["27823333333"]),
            SampleLog(id: "three", campaign: "y", destinations: ["0027822222222", "jo@example.com", "0821111111"]),
            SampleLog(id: "none", campaign: "y", destinations: []),
        ])
        return tenant
    }

    @Test func `sends, campaigns, times and lists are compared by the normal form of recipients`() throws {
        let tenant = try Self.sample()
        let x = #"{"campaign_id":"x"}"#
        let y = #"{"campaign_id":["y"]}"#
        let january = #"{"startDeliveryAt":{"$gte":"2022-01-01","$lte":"2022-01-31T23:59:59.999Z"}}"#
        let january2 = #"{"campaign_id":["x"],"startDeliveryAt":{"$lte":"2022-01-31"}}"#
        for (a, b, numbers) in [
            (x, nil, [3]), (y, nil, [3]), (january, nil, [4]), (#"{"send_id":"none"}"#, nil, [0]),
            (x, y, [3, 3, 1, 2, 2]), (y, x, [3, 3, 1, 2, 2]), (january, x, [4, 3, 2, 2, 1]),
            (january2, #"{"send_id":"three"}"#, [2, 3, 1, 1, 2]), (x, x, [3, 3, 3, 0, 0]),
            (#"{"campaign_id":[]}"#, y, [0, 3, 0, 0, 3]), (#"{"campaign_id":"unheard-of"}"#, nil, [0]),
            (Self.list(["+27 (0)82-1111111", "JO@example.com", "27829999999", "27829999999"]), x, [3, 3, 1, 2, 2]),
            (Self.list([]), Self.list(["1"]), [0, 1, 0, 0, 1]),
        ] as [(String, String?, [Int])] {
            let body = b.map { #"{"a":\#(a),"b":\#($0)}"# } ?? #"{"a":\#(a)}"#
            #expect(try Self.numbers(tenant, body) == numbers, "\(body)")
        }
        // With a calling code, 0821111111 is a recipient of x as well.
        _ = try tenant.server.command("organisation", "set", tenant.name, "--calling-code", "27").succeeded()
        #expect(try Self.numbers(tenant, #"{"a":\#(x),"b":\#(y)}"#) == [3, 3, 2, 1, 1])
    }

    @Test func `parsed has the sides in normal form and the snapshot, and gives the same numbers again`() throws {
        let tenant = try Self.sample()
        let body =
            #"{"a":{"campaign_id":"x","startDeliveryAt":{"$gte":"2022-01-01T02:00:00+02:00"}},"b":{"send_id":"three"}}"#
        let response = try Self.compare(tenant, body)
        let parsed =
            #"{"a":{"campaign_id":["x"],"startDeliveryAt":{"$gte":"2022-01-01T00:00:00.000Z"}},"b":{"send_id":"three"},"options":{"as_of":4}}"#
        #expect(response.dataText == #"{"a":3,"b":3,"both":1,"only_a":2,"only_b":2,"parsed":\#(parsed)}"#)
        try tenant.record(SampleLog(id: "later", campaign: "x", destinations: ["27824444444"]))
        #expect(try Self.compare(tenant, parsed).dataText == response.dataText)
        #expect(try Self.numbers(tenant, body) == [4, 3, 1, 3, 2])
        let lists = try Self.compare(tenant, #"{"a":\#(Self.list(["1", "1"])),"b":{"destinations":[]}}"#).data()
        #expect(lists["parsed"]["a"] == ["destinations": 2] && lists["parsed"]["b"] == ["destinations": 0])
    }

    @Test func `a comparison sees what was recorded up to its snapshot`() throws {
        let tenant = try Self.sample()
        for (asOf, count) in [(0, 0), (1, 2), (2, 3), (3, 5), (4, 5), (1000, 5)] {
            let body = #"{"a":{"campaign_id":["x","y"]},"options":{"as_of":\#(asOf)}}"#
            let data = try Self.compare(tenant, body).data()
            #expect(data["a"].integer == count)
            #expect(data["parsed"]["options"]["as_of"].integer == min(asOf, 4))
        }
        let late = try Self.compare(tenant, #"{"a":{"send_id":"three"},"options":{"as_of":2}}"#)
        try expectFailure(late, 404, "resource_not_found", says: "send log three not found")
    }

    @Test func `a list is a file of recipients in normal form`() throws {
        let tenant = try Self.sample()
        let body = #"{"a":{"campaign_id":"x"},"b":{"campaign_id":"y"}}"#
        for (list, recipients) in [
            ("a", ["27821111111", "27822222222", "27823333333"]), ("both", ["27822222222"]),
            ("b", ["0821111111", "27822222222", "jo@example.com"]),
            ("only_a", ["27821111111", "27823333333"]), ("only_b", ["0821111111", "jo@example.com"]),
        ] {
            let lines = try Self.compare(tenant, body, "?list=\(list)")
            #expect(lines.status == 200)
            #expect(lines.text == recipients.map { "{\"recipient\":\"\($0)\"}\n" }.joined())
            #expect(lines["content-type"] == "application/x-ndjson")
            #expect(lines["content-disposition"] == "attachment; filename=\"recipients.ndjson\"")
            #expect(lines["cache-control"] == "no-store" && lines["x-content-type-options"] == "nosniff")
            #expect(lines["x-sendlog-total"] == "\(recipients.count)" && lines["x-sendlog-as-of"] == "4")
            let table = try Self.compare(tenant, body, "?format=csv&list=\(list)")
            #expect(table["content-type"] == "text/csv; charset=utf-8; header=present")
            #expect(table["content-disposition"] == "attachment; filename=\"recipients.csv\"")
            #expect(table.text == "recipient\r\n" + recipients.map { "\"\($0)\"\r\n" }.joined())
        }
        let alone = try Self.compare(tenant, #"{"a":{"send_id":"one"}}"#, "?list=a&format=ndjson")
        #expect(alone["x-sendlog-total"] == "2")
        let texts = ["=1+1", "a\"b", "\\", "😀"]
        let escaped = try Self.compare(tenant, #"{"a":\#(Self.list(texts))}"#, "?list=a&format=csv").text
        #expect(escaped.contains("\"'=1+1\"\r\n") && escaped.contains("\"a\"\"b\"\r\n"))
        let json = try Self.compare(tenant, #"{"a":\#(Self.list(texts))}"#, "?list=a").text.split(separator: "\n")
        #expect(Set(try json.map { try JSON(parsing: $0.utf8)["recipient"].string }) == Set(texts))
    }

    @Test func `recorded destinations with an empty normal form are in no number and no list`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "blank", destinations: [" ", "27821111111", "tel:", "mailto:", "<mailto:>"]))
        let body = #"{"a":{"send_id":"blank"},"b":{"destinations":["27829999999"]}}"#
        #expect(try Self.numbers(tenant, body) == [1, 1, 0, 1, 1])
        #expect(try Self.compare(tenant, body, "?list=a").text == "{\"recipient\":\"27821111111\"}\n")
    }

    @Test func `a long list is complete, in memory and in files`() throws {
        let tenant = try Shared.server.tenant()
        let sent = (0..<60_000).map { "2782\(1_000_000 + $0 * 7 % 60_000)" }
        try tenant.record(SampleLog(id: "long", destinations: sent))
        let asked = (0..<600_000).map { "2782\(1_000_000 + $0)" } + ["x@example.com"]
        let body = #"{"a":\#(Self.list(asked)),"b":{"send_id":"long"}}"#
        #expect(try Self.numbers(tenant, body) == [600_001, 60_000, 60_000, 540_001, 0])
        let rest = try Self.compare(tenant, body, "?list=only_a")
        #expect(rest["x-sendlog-total"] == "540001")
        let lines = rest.text.split(separator: "\n")
        #expect(lines.count == 540_001 && Set(lines).count == lines.count)
        #expect(lines.first == #"{"recipient":"27821060000"}"# && lines.last == #"{"recipient":"x@example.com"}"#)
        let gzipped = try tenant.request(
            "POST",
            "/recipients/compare",
            headers: [("Content-Encoding", "gzip")],
            body: try Gzip.compressed(body)
        )
        #expect(try gzipped.data()["only_a"].integer == 540_001)
    }

    @Test(arguments: [
        ("", "{}", "a", "a is required"), ("", #"{"a":{}}"#, "a", "a must have either send_id"),
        ("", #"{"a":{"send_id":"x","campaign_id":"y"}}"#, "a", "a must have either send_id"),
        ("", #"{"a":{"send_id":["x"]}}"#, "a.send_id", "a.send_id must be a string, not an array"),
        ("", #"{"a":{"send_id":"x"},"b":{"destinations":[7]}}"#, "b.destinations[0]", "must be a string, not a number"),
        ("", #"{"a":{"destinations":["1","27\t"]}}"#, "a.destinations[1]", "control characters"),
        ("", #"{"a":{"destinations":["1"," "]}}"#, "a.destinations[1]", "must have more than white space"),
        ("", #"{"a":{"campaign":"x"}}"#, "a.campaign", "campaign_id"),
        ("", #"{"a":{"startDeliveryAt":{}}}"#, "a.startDeliveryAt", "$gte or $lte"),
        ("?list=all", #"{"a":{"send_id":"x"}}"#, "list", "list must be a, b, both, only_a or only_b"),
        ("?list=both", #"{"a":{"destinations":[]}}"#, "list", "list must be a, because the body has no b"),
        ("?list=b", #"{"a":{"destinations":[]}}"#, "list", "list must be a, because the body has no b"),
        ("?list=a&format=json", #"{"a":{"destinations":[]}}"#, "format", "format must be csv or ndjson"),
        ("?format=csv", #"{"a":{"destinations":[]}}"#, "format", "add list, such as list=a"),
        ("?as_of=1", #"{"a":{"destinations":[]}}"#, "as_of", "in the body, as options.as_of"),
        ("", #"{"a":{"send_id":"x""#, "", "is not valid JSON"),
    ])
    func `what is not understood is refused`(query: String, body: String, path: String, says: String) throws {
        let response = try Self.compare(Shared.emptyTenant, body, query)
        try expectFailure(response, 400, "invalid_request", says: says, issue: path)
        #expect(!response.text.contains("27\\t"))
    }

    @Test func `a send of another organisation is not found, and no send of it counts`() throws {
        let (one, other) = (try Self.sample(), try Shared.server.tenant())
        try other.record(SampleLog(id: "mine", campaign: "x", destinations: ["27821111111"]))
        for id in ["one", "unheard-of"] {
            for body in [#"{"a":{"send_id":"\#(id)"}}"#, #"{"a":{"send_id":"mine"},"b":{"send_id":"\#(id)"}}"#] {
                try expectFailure(
                    Self.compare(other, body),
                    404,
                    "resource_not_found",
                    says: "send log \(id) not found"
                )
            }
        }
        #expect(try Self.numbers(other, #"{"a":{"campaign_id":["x","y"]}}"#) == [1])
        #expect(try Self.numbers(other, #"{"a":{"startDeliveryAt":{"$gte":"2000-01-01"}}}"#) == [1])
        #expect(try Self.numbers(one, #"{"a":{"campaign_id":["x","y"]}}"#) == [5])
    }

    @Test func `a comparison needs sendLog.read`() throws {
        let tenant = try Shared.server.tenant()
        let body = Array(#"{"a":{"destinations":["1"]}}"#.utf8)
        for permission in ["sendLog.create", "campaign"] {
            let key = try tenant.server.key(of: tenant.name, permissions: [permission])
            let response = try tenant.request("POST", "/recipients/compare", authorisation: "Bearer \(key)", body: body)
            try expectFailure(response, 403, "permission_denied", says: "sendLog.read")
        }
        let key = try tenant.server.key(of: tenant.name, permissions: ["sendLog.read"])
        let response = try tenant.request("POST", "/recipients/compare", authorisation: "Bearer \(key)", body: body)
        #expect(try response.data()["a"] == 1)
    }

    /// A server and an organisation that has a send with 700,000 recipients.
    private static func large() throws -> Tenant {
        let tenant = try Server(arguments: ["--max-uploads-per-organisation", "8"]).tenant()
        let send = LargeBodies.log("large", destinations: LargeBodies.destinations(700_000))
        #expect(try tenant.request("POST", "/send-logs", body: send).status == 201)
        return tenant
    }

    @Test func `an organisation can have four comparisons at the same time`() throws {
        let tenant = try Self.large()
        let body = #"{"a":{"send_id":"large"},"b":{"send_id":"large"}}"#
        var refused: HTTPResponse?
        let isRefused = try Deadline.poll(for: 60) {
            let connections = try (0..<12).map { _ in
                let connection = try tenant.server.connect()
                let headers = tenant.headers
                try connection.send(head: "POST", "/recipients/compare", headers: headers, length: body.utf8.count)
                try connection.send(body)
                return connection
            }
            for response in try connections.map({ try $0.response() }) {
                if response.status == 429 { refused = response } else { #expect(response.status == 200) }
            }
            return refused != nil
        }
        #expect(isRefused)
        #expect(refused?["retry-after"] == "1" && refused?.text.contains("4 comparisons of audiences") == true)
        #expect(try Self.numbers(tenant, body) == [700_000, 700_000, 700_000, 0, 0])
        #expect(try tenant.server.stop() == .code(0))
    }

    @Test func `long bodies count as uploads while they arrive, and other organisations can compare`() throws {
        let server = try Server(arguments: ["--max-uploads-per-organisation", "8"])
        let (one, other) = (try server.tenant(), try server.tenant())
        let body = #"{"a":{"destinations":["1"]}}"#
        let open = try (0..<2).map { _ in
            let connection = try server.connect()
            try connection.send(head: "POST", "/recipients/compare", headers: one.headers, isChunked: true)
            try connection.send(chunk: Array(" ".utf8))
            return connection
        }
        let refused = { (tenant: Tenant) in try tenant.request("POST", "/send-logs/import", body: []) }
        #expect(try Deadline.poll(for: 60) { try refused(one).status == 429 })
        #expect(try refused(one).text.contains("8 imports, long send logs and lists to compare"))
        #expect(try refused(other).status == 200)
        for tenant in [one, other] { #expect(try Self.numbers(tenant, body) == [1]) }
        for connection in open {
            try connection.send(chunk: Array(body.utf8))
            try connection.endChunks()
            #expect(try connection.response().status == 200)
        }
        #expect(try Deadline.poll(for: 60) { try refused(one).status == 200 })
        #expect(try server.stop() == .code(0))
    }

    @Test func `an organisation can have four lists that are not downloaded yet`() throws {
        let one = try Self.large()
        let other = try one.server.tenant()
        let body = #"{"a":{"send_id":"large"}}"#
        var unread = try (0..<4).map { _ in
            let connection = try one.server.connect(receiveBuffer: 4096)
            let target = "/recipients/compare?list=a"
            try connection.send(head: "POST", target, headers: one.headers, length: body.utf8.count)
            try connection.send(body)
            #expect(try connection.responseHead().status == 200)
            return connection
        }
        let refused = try Self.compare(one, body, "?list=a")
        #expect(refused.status == 429 && refused["retry-after"] == "1")
        #expect(refused.text.contains("4 lists of compared audiences"))
        #expect(try Self.numbers(one, body) == [700_000])
        #expect(try Self.compare(other, #"{"a":{"destinations":["1"]}}"#, "?list=a").status == 200)
        unread.removeAll()
        #expect(try Deadline.poll(for: 60) { try Self.compare(one, body, "?list=a").status == 200 })
        #expect(try one.server.stop() == .code(0))
    }

    @Test func `the log of the server has no recipient`() throws {
        let tenant = try Server(arguments: ["--log-level", "debug"]).tenant()
        let number = "27829\(Int.random(in: 100_000...999_999))"
        for body in [Self.list([number]), Self.list(["\(number)\t"]), #"{"destinations":[\#(number)]}"#] {
            _ = try Self.compare(tenant, #"{"a":\#(body)}"#)
            let response = try Self.compare(tenant, #"{"a":\#(body)}"#, "?list=a")
            let id = try #require(response["x-request-id"])
            #expect(Deadline.poll(for: 60) { tenant.server.process.errors.contains("request_id=\(id) ") })
        }
        #expect(try tenant.server.stop() == .code(0))
        #expect(!tenant.server.log.contains(number))
    }
}
