import SendLogCore
import TestSupport
import Testing

/// Each rule of `POST /send-logs/search`.
struct SendLogSearchParsingTests {
    private static let mustBeRange = #"must be an object such as {"$gte": "2022-01-01"}, not a string"#
    private static let mustBeOrder = #"must be an object such as {"startDeliveryAt": -1}, not a "#
    private static let mustBeText = "must be a date-time in a string, not a number"

    @Test(arguments: [
        "{}", #"{"find":{}}"#, #"{"options":{}}"#, #"{"find":null,"options":null}"#,
        #"{"find":{"campaign_id":null,"destination":null,"startDeliveryAt":null}}"#,
        #"{"options":{"skip":null,"limit":null,"sort":null,"as_of":null}}"#,
        #"{"find":{"startDeliveryAt":{"$gte":null,"$lte":null}},"options":{"sort":{"startDeliveryAt":null}}}"#,
        #"{"find":{"startDeliveryAt":{}},"options":{}}"#,
    ])
    func `a missing or null field has its default`(text: String) throws {
        let search = try parse(text)
        #expect(search == SendLogSearch())
        #expect((search.skip, search.limit, search.order) == (0, 1000, .newestFirst))
        #expect(search.campaigns == nil && search.recipients == nil)
        #expect(search.asOf == nil)
    }

    @Test func `the example of the API document is parsed`() throws {
        let search = try parse(
            """
            {"find":{"campaign_id":["5f5a1d8d2e0e4c6c8c0c0c0c"],"startDeliveryAt":{"$gte":"2022-01-01T00:00:00.000Z",
            "$lte":"2022-01-31T23:59:59.999Z"}},"options":{"skip":0,"limit":1000}}
            """
        )
        #expect(
            search
                == SendLogSearch(
                    campaigns: [try #require(CampaignID("5f5a1d8d2e0e4c6c8c0c0c0c"))],
                    from: Timestamp(rfc3339: "2022-01-01"),
                    to: Timestamp(rfc3339: "2022-01-31T23:59:59.999Z"),
                    skip: 0,
                    limit: 1000
                )
        )
    }

    @Test func `campaigns are an array or one id, without repetitions, in the given order`() throws {
        func campaigns(_ text: String) throws -> [String]? {
            try parse(#"{"find":{"campaign_id":\#(text)}}"#).campaigns?.map(\.text)
        }
        #expect(try campaigns(#""a""#) == ["a"])
        #expect(try campaigns(#"["b","a","b"]"#) == ["b", "a"])
        #expect(try campaigns("[]") == [])
        let thousand = (0..<1000).map { "\"c\($0)\"" }.joined(separator: ",")
        #expect(try campaigns("[\(thousand)]")?.count == 1000)
        #expect(
            issues(#"{"find":{"campaign_id":[\#(thousand),"x"]}}"#)
                == [InputIssue(path: "find.campaign_id", message: "must have at most 1,000 IDs; it has 1001")]
        )
    }

    @Test(arguments: [
        ("-1", SortOrder.newestFirst), ("1", .oldestFirst), ("-1.0", .newestFirst), ("1e0", .oldestFirst),
    ])
    func `the sort order is -1 or 1`(number: String, order: SortOrder) throws {
        #expect(try parse(#"{"options":{"sort":{"startDeliveryAt":\#(number)}}}"#).order == order)
    }

    @Test func `a whole number is accepted in any notation`() throws {
        let search = try parse(#"{"options":{"skip":1e3,"limit":10.0,"as_of":9007199254740992}}"#)
        #expect((search.skip, search.limit, search.asOf?.number) == (1000, 10, 1 << 53))
        #expect(try parse(#"{"options":{"limit":10000}}"#).limit == 10_000)
        #expect(try parse(#"{"options":{"limit":0,"as_of":0}}"#).limit == 0)
    }

    @Test(arguments: [
        ("skip", "-1"), ("skip", "1.5"), ("skip", "1e400"), ("skip", "9007199254740993"),
        ("skip", "-9223372036854775808"),
        ("skip", "1e-400"), ("limit", "-1"), ("limit", "10001"), ("limit", "1e9"), ("limit", "0.1"), ("as_of", "-1"),
        ("as_of", "1.5"), ("as_of", "1e400"),
    ])
    func `a number out of range is refused`(field: String, number: String) {
        let found = issues(#"{"options":{"\#(field)":\#(number)}}"#)
        let rule = "must be a whole number from 0 to \(field == "limit" ? "10,000" : "2^53")"
        #expect(found == [InputIssue(path: "options.\(field)", message: "\(rule); it is \(number)")])
    }

    @Test(arguments: [
        ("[]", "", "must be an object, not an array"), ("null", "", "must be an object, not null"),
        ("\"x\"", "", "must be an object, not a string"), ("1", "", "must be an object, not a number"),
        (#"{"find":[]}"#, "find", "must be an object, not an array"),
        (#"{"find":"x"}"#, "find", "must be an object, not a string"),
        (#"{"options":5}"#, "options", "must be an object, not a number"),
        (#"{"find":{"campaign_id":5}}"#, "find.campaign_id", "must be an array of campaign IDs, not a number"),
        (#"{"find":{"campaign_id":{}}}"#, "find.campaign_id", "must be an array of campaign IDs, not an object"),
        (#"{"find":{"campaign_id":["a",5]}}"#, "find.campaign_id[1]", "must be a string, not a number"),
        (#"{"find":{"campaign_id":[null]}}"#, "find.campaign_id[0]", "must be a string, not null"),
        (#"{"find":{"campaign_id":["a","b","a/b"]}}"#, "find.campaign_id[2]", CampaignID.rule),
        (#"{"find":{"campaign_id":""}}"#, "find.campaign_id", CampaignID.rule),
        (#"{"find":{"startDeliveryAt":"2022-01-01"}}"#, "find.startDeliveryAt", mustBeRange),
        (#"{"find":{"startDeliveryAt":{"$gte":5}}}"#, "find.startDeliveryAt.$gte", mustBeText),
        (#"{"find":{"startDeliveryAt":{"$lte":"x"}}}"#, "find.startDeliveryAt.$lte", Timestamp.rule),
        (
            #"{"find":{"startDeliveryAt":{"$lte":"2022-01-31T23:59:59"}}}"#, "find.startDeliveryAt.$lte",
            Timestamp.fault(of: "2022-01-31T23:59:59")
        ),
        (#"{"options":{"skip":"1"}}"#, "options.skip", "must be a whole number from 0 to 2^53, not a string"),
        (#"{"options":{"limit":true}}"#, "options.limit", "must be a whole number from 0 to 10,000, not a boolean"),
        (#"{"options":{"sort":-1}}"#, "options.sort", mustBeOrder + "number"),
        (#"{"options":{"sort":"-startDeliveryAt"}}"#, "options.sort", mustBeOrder + "string"),
        (#"{"options":{"sort":{}}}"#, "options.sort", "must have one field, startDeliveryAt"),
        (
            #"{"options":{"sort":{"startDeliveryAt":0}}}"#, "options.sort.startDeliveryAt",
            "must be -1 (newest first) or 1 (oldest first); it is 0"
        ),
        (
            #"{"options":{"sort":{"startDeliveryAt":"desc"}}}"#, "options.sort.startDeliveryAt",
            "must be -1 (newest first) or 1 (oldest first), not a string"
        ),
    ])
    func `a value of the wrong kind is reported by its path`(text: String, path: String, message: String) {
        #expect(issues(text) == [InputIssue(path: path, message: message)])
    }

    @Test(arguments: [
        (#"{"fnd":{}}"#, "fnd", "find"), (#"{"option":{}}"#, "option", "options"),
        (#"{"find":{"campaignId":["a"]}}"#, "find.campaignId", "campaign_id"),
        (#"{"find":{"start_delivery_at":null}}"#, "find.start_delivery_at", "startDeliveryAt"),
        (#"{"find":{"destinations":["1"]}}"#, "find.destinations", "destination"),
        (#"{"find":{"Destination":"1"}}"#, "find.Destination", "destination"),
        (#"{"options":{"limt":5}}"#, "options.limt", "limit"), (#"{"options":{"asOf":5}}"#, "options.asOf", "as_of"),
        (#"{"options":{"sort":{"startDeliveryat":1}}}"#, "options.sort.startDeliveryat", "startDeliveryAt"),
    ])
    func `an unknown field is refused at each level, with the name that was meant`(
        text: String,
        path: String,
        meant: String
    ) {
        #expect(
            issues(text) == [InputIssue(path: path, message: "is not a known field; did you mean \"\(meant)\"?")]
        )
    }

    @Test(arguments: [
        ("campaign_id", "find.campaign_id"), ("campaignId", "find.campaign_id"),
        ("find.campaign_id", "find.campaign_id"), ("startDeliveryAt", "find.startDeliveryAt"),
        ("destination", "find.destination"), ("destinations", "find.destination"),
        ("$gte", "find.startDeliveryAt.$gte"), ("limit", "options.limit"), ("skip", "options.skip"),
        ("sort", "options.sort"), ("as_of", "options.as_of"), ("asOf", "options.as_of"),
    ])
    func `a field without the object around it is refused with its path`(name: String, path: String) {
        let parent = path.split(separator: ".").dropLast().joined(separator: ".")
        let message = "is not a known field; it belongs in \(parent), as \(path)"
        #expect(issues("{\"\(name)\":\"a\"}") == [InputIssue(path: name, message: message)])
    }

    @Test(arguments: ["$gt", "$lt", "$eq", "$ne", "$in", "$nin", "lt", "from"])
    func `an operator that is not supported is refused with the operators that are`(name: String) {
        #expect(
            issues(#"{"find":{"startDeliveryAt":{"\#(name)":"2022-01-01"}}}"#) == [
                InputIssue(
                    path: "find.startDeliveryAt.\(name)",
                    message: #"is not a known operator; the known operators are "$gte", "$lte""#
                )
            ]
        )
    }

    @Test(arguments: [("gte", "$gte"), ("lte", "$lte"), ("$GTE", "$gte")])
    func `a misspelt operator is refused with the one that was meant`(name: String, meant: String) {
        #expect(
            issues(#"{"find":{"startDeliveryAt":{"\#(name)":"2022-01-01"}}}"#) == [
                InputIssue(
                    path: "find.startDeliveryAt.\(name)",
                    message: "is not a known operator; did you mean \"\(meant)\"?"
                )
            ]
        )
    }

    @Test func `a name in a path is short and has no control characters`() {
        let text = #"{"find":{"a\n\u001b[31m\u202e\#(String(repeating: "x", count: 100))":1}}"#
        #expect(issues(text).map(\.path) == [#"find.a\n\u001b[31m\u202e"# + String(repeating: "x", count: 56) + "…"])
    }

    @Test func `a range that ends before it begins is valid`() throws {
        let search = try parse(#"{"find":{"startDeliveryAt":{"$gte":"2022-01-20","$lte":"2022-01-15"}}}"#)
        #expect(search.from == Timestamp(rfc3339: "2022-01-20") && search.to == Timestamp(rfc3339: "2022-01-15"))
    }

    @Test func `an error for a name that resembles none lists the known names`() {
        #expect(
            issues(#"{"options":{"colour":1}}"#) == [
                InputIssue(
                    path: "options.colour",
                    message: #"is not a known field; the known fields are "skip", "limit", "sort", "as_of""#
                )
            ]
        )
    }

    @Test(arguments: [
        (#"{"find":{},"find":{}}"#, "find"), (#"{"find":{"campaign_id":"a","campaign_id":null}}"#, "find.campaign_id"),
        (#"{"options":{"skip":0,"skip":0}}"#, "options.skip"),
        (#"{"find":{"startDeliveryAt":{"$gte":null,"$gte":"2022-01-01"}}}"#, "find.startDeliveryAt.$gte"),
    ])
    func `a field that is given twice is refused`(text: String, path: String) {
        #expect(issues(text) == [InputIssue(path: path, message: "must be given only once")])
    }

    @Test func `several issues are reported at once, at most the first twenty`() {
        let text = #"{"find":{"campaign_id":["a b"],"x":1},"options":{"skip":-1,"limit":"9"}}"#
        #expect(issues(text).map(\.path) == ["find.campaign_id[0]", "find.x", "options.skip", "options.limit"])
        let many = (0..<1000).map { _ in "5" }.joined(separator: ",")
        #expect(issues(#"{"find":{"campaign_id":[\#(many)]}}"#).count == 20)
    }

    @Test func `the parsed search of a response is parsed to the same search`() throws {
        var random = SplitMix64(defaultSeed: 17)
        for _ in 0..<2000 {
            let search = Self.random(using: &random)
            let asOf = SequenceNumber(Int64.random(in: 0...1 << 53, using: &random))
            var bytes: [UInt8] = []
            search.writeParsed(asOf: asOf, to: &bytes)
            var pinned = search
            pinned.asOf = asOf
            let read = try SendLogSearch(body: JSONValue(bytes: bytes))
            #expect(read == pinned, "\(String(decoding: bytes, as: UTF8.self))")
            var again: [UInt8] = []
            read.writeParsed(asOf: asOf, to: &again)
            #expect(again == bytes)
        }
    }

    @Test func `the parsed search is written in the API's format`() throws {
        var search = try parse(#"{"find":{"campaign_id":"a","startDeliveryAt":{"$lte":"2022-01-31T22:00:00-02:00"}}}"#)
        var bytes: [UInt8] = []
        search.writeParsed(asOf: SequenceNumber(7), to: &bytes)
        let options = #""options":{"skip":0,"limit":1000,"sort":{"startDeliveryAt":-1},"as_of":7}}"#
        let range = #""startDeliveryAt":{"$lte":"2022-02-01T00:00:00.000Z"}},"#
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"find":{"campaign_id":["a"],\#(range)\#(options)"#)
        search.recipients = [RecipientQuery("+27 82 123 4567"), RecipientQuery("a\"b")]
        bytes = []
        search.writeParsed(asOf: SequenceNumber(7), to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"find":{"campaign_id":["a"],"destination":["27821234567","a\"b"],\#(range)\#(options)"#
        )
        (search.campaigns, search.from, search.to) = (nil, nil, nil)
        bytes = []
        search.writeParsed(asOf: SequenceNumber(7), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix(#"{"find":{"destination":["27821234567","a\"b"]},"#))
    }

    private static func random(using random: inout SplitMix64) -> SendLogSearch {
        func moment() -> Timestamp? {
            let range = Timestamp.earliest.milliseconds...Timestamp.latest.milliseconds
            return Bool.random(using: &random)
                ? Timestamp(milliseconds: Int64.random(in: range, using: &random)) : nil
        }
        let count = Int.random(in: -1...5, using: &random)
        let campaigns = count < 0 ? nil : (0..<count).compactMap { CampaignID("campaign_\($0)-\(random.next())") }
        var search = SendLogSearch(
            campaigns: campaigns,
            from: moment(),
            to: moment(),
            skip: Int.random(in: 0...1 << 53, using: &random),
            limit: Int.random(in: 0...10_000, using: &random),
            order: Bool.random(using: &random) ? .newestFirst : .oldestFirst
        )
        let recipients = ["27821234567", "+27 82 1", "0821234567", "Jo@Example.com", "<tel:082;x=1>", " ?! ", "a\"b"]
        if Bool.random(using: &random) {
            let count = Int.random(in: 0...3, using: &random)
            search.recipients = recipients.shuffled(using: &random).prefix(count).map { RecipientQuery($0) }
        }
        return search
    }

    private func parse(_ text: String) throws -> SendLogSearch {
        try SendLogSearch(body: JSONValue(text: text))
    }

    private func issues(_ text: String) -> [InputIssue] {
        do {
            _ = try parse(text)
            return []
        } catch let error as InvalidInput {
            return error.issues
        } catch {
            return [InputIssue(path: "", message: "\(error)")]
        }
    }
}
