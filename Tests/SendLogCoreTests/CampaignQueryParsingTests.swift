import SendLogCore
import Testing

/// Each rule of `POST /campaigns/search`.
struct CampaignQueryParsingTests {
    private func parse(_ text: String) throws -> CampaignQuery {
        try CampaignQuery(body: JSONValue(text: text))
    }

    private func issues(_ text: String) -> [InputIssue] {
        do {
            _ = try parse(text)
            return []
        } catch {
            return (error as? InvalidInput)?.issues ?? [InputIssue(path: "", message: "\(error)")]
        }
    }

    @Test(arguments: [
        "{}", #"{"find":{}}"#, #"{"options":{}}"#, #"{"find":null,"options":null}"#, #"{"find":{"search":null}}"#,
        #"{"find":{"search":""}}"#, #"{"options":{"skip":null,"limit":null,"sort":null}}"#,
        #"{"options":{"sort":{"sends":null}}}"#,
    ])
    func `a missing or null field has its default`(text: String) throws {
        #expect(try parse(text) == CampaignQuery())
    }

    @Test func `all fields are parsed`() throws {
        let query = CampaignQuery(text: "spring", sort: .sends, isDescending: false, skip: 3, limit: 10_000)
        for sort in [#"{"sends":1}"#, #""sends""#, #"{"sends":1.0}"#] {
            let body = #"{"find":{"search":"spring"},"options":{"skip":3,"limit":10000,"sort":\#(sort)}}"#
            #expect(try parse(body) == query)
        }
    }

    @Test func `parsed gives the same query again`() throws {
        for sort in CampaignQuery.Sort.allCases {
            for isDescending in [true, false] {
                for text in [nil, "a \"quoted\" text"] {
                    let query = CampaignQuery(text: text, sort: sort, isDescending: isDescending, skip: 7, limit: 0)
                    var bytes: [UInt8] = []
                    query.writeParsed(to: &bytes)
                    #expect(try parse(String(decoding: bytes, as: UTF8.self)) == query)
                }
            }
        }
        var bytes: [UInt8] = []
        CampaignQuery().writeParsed(to: &bytes)
        let expected = #"{"find":{},"options":{"skip":0,"limit":1000,"sort":{"lastSendAt":-1}}}"#
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        (#"{"search":"a"}"#, "search", "is not a known field; it belongs in find, as find.search"),
        (#"{"limit":1}"#, "limit", "is not a known field; it belongs in options, as options.limit"),
        (#"{"find":{"serch":"a"}}"#, "find.serch", #"did you mean "search"?"#),
        (#"{"find":{"campaign_id":["a"]}}"#, "find.campaign_id", #"the known fields are "search""#),
        (#"{"find":{"search":7}}"#, "find.search", "must be a string, not a number"),
        (#"{"find":{"search":"a\u0000"}}"#, "find.search", "must not contain control characters"),
        (#"{"options":{"limt":1}}"#, "options.limt", #"did you mean "limit"?"#),
        (#"{"options":{"limit":10001}}"#, "options.limit", "must be a whole number from 0 to 10,000"),
        (#"{"options":{"limit":"5"}}"#, "options.limit", "must be a whole number from 0 to 10,000"),
        (#"{"options":{"skip":-1}}"#, "options.skip", "must be a whole number from 0 to"),
        (#"{"options":{"sort":{"sent":-1}}}"#, "options.sort.sent", "is not a known field"),
        (#"{"options":{"sort":{"sends":2}}}"#, "options.sort.sends", "-1 (descending) or 1 (ascending); it is 2"),
        (#"{"options":{"sort":{"sends":"-1"}}}"#, "options.sort.sends", "1 (ascending), not a string"),
        (#"{"options":{"sort":{}}}"#, "options.sort", "must have one field"),
        (
            #"{"options":{"sort":{"sends":-9223372036854775808}}}"#, "options.sort.sends",
            "must be -1 (descending) or 1 (ascending)"
        ),
        (#"{"options":{"sort":{"sends":1,"name":1}}}"#, "options.sort", "must have one field"),
        (#"{"options":{"sort":"newest"}}"#, "options.sort", "must be one of lastSendAt"),
        (#"{"options":{"sort":7}}"#, "options.sort", "must be a string"), ("[]", "", "must be an object"),
        (#"{"find":{"search":"a","search":"b"}}"#, "find.search", "must be given only once"),
    ])
    func `an invalid field is refused with its path`(text: String, path: String, says: String) throws {
        let issues = issues(text)
        #expect(issues.map(\.path) == [path])
        #expect(issues.first?.message.contains(says) == true, "\(issues)")
    }

    @Test func `all issues are reported`() {
        let issues = issues(#"{"find":{"search":1},"options":{"skip":"a","limit":-1,"sort":[]}}"#)
        #expect(Set(issues.map(\.path)) == ["find.search", "options.skip", "options.limit", "options.sort"])
    }
}
