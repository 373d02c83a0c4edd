import SendLogCore
import Testing

@testable import SendLogAPI

/// The rule for query strings.
@Suite struct QueryRuleTests {
    private let rule = QueryRule(
        ["format", "group_destinations"],
        bodyFields: ["find.campaign_id", "find.startDeliveryAt", "options.limit", "options.as_of"]
    )

    private func fault(_ query: String, _ rule: QueryRule? = nil) -> InputIssue? {
        do {
            try (rule ?? self.rule).check(query[...])
            return nil
        } catch {
            return error.issues.first
        }
    }

    @Test(arguments: [
        "", "&", "&&&&&&", "format=csv", "format", "format=&", "group%5Fdestinations=list", "%66ormat=x",
        "format=%25+%C3%A9", "format=a=b&group_destinations=count", "&format=csv&&group_destinations=list&",
    ])
    func `known parameters are accepted, in any encoding`(query: String) throws {
        #expect(fault(query) == nil)
        #expect(throws: Never.self) { try rule.check(nil) }
    }

    @Test(arguments: [
        ("dry_run=true", "dry_run", #"the known parameters are "format", "group_destinations""#),
        ("formt=csv", "formt", #"did you mean "format"?"#), ("FORMAT=csv", "FORMAT", #"did you mean "format"?"#),
        ("group-destinations=list", "group-destinations", #"did you mean "group_destinations"?"#),
        ("group%2Ddestination%73=list", "group-destinations", #"did you mean "group_destinations"?"#),
        ("format=csv&format=csv", "format", "must be given only once"),
        ("format=csv&%66ormat=csv", "format", "must be given only once"),
        ("format=a&&group_destinations=b&group_destinations", "group_destinations", "must be given only once"),
        ("=csv", "query", "is not a known parameter"), ("%ff=1", "%ff", "is not a known parameter"),
    ])
    func `an unknown or repeated parameter is refused with its name`(query: String, path: String, says: String) throws {
        let issue = try #require(fault(query))
        #expect(issue.path == path)
        #expect(issue.message.contains(says), "\(issue.message)")
    }

    @Test(arguments: ["%ff", "a%", "%zz", "%C3", "%ED%A0%80", "a%20b=%2"])
    func `a value that is not UTF-8 is refused with its name`(value: String) {
        let issue = InputIssue(path: "format", message: "must be percent-encoded UTF-8; a % itself is %25")
        #expect(fault("group_destinations=list&format=\(value)") == issue)
        #expect(fault("%66ormat=\(value)&group_destinations=list") == issue)
    }

    @Test(arguments: [
        ("campaign_id=a", "find.campaign_id"), ("campaign_id[]=a", "find.campaign_id"),
        ("find.campaign_id=a", "find.campaign_id"), ("find[campaign_id][0]=a", "find.campaign_id"),
        ("campaignId=a", "find.campaign_id"), ("startDeliveryAt[$gte]=2022", "find.startDeliveryAt"),
        ("find.startDeliveryAt.$lte=2022", "find.startDeliveryAt"), ("limit=2", "options.limit"),
        ("options%5Blimit%5D=2", "options.limit"), ("options[limt]=2", "options.limit"),
        ("as_of=1", "options.as_of"), ("asOf=1", "options.as_of"), ("find=%7B%7D", "find"), ("options=", "options"),
    ])
    func `a field of the body is refused with its path there`(query: String, field: String) throws {
        let issue = try #require(fault(query))
        #expect(issue.message == "is not a known parameter; it belongs in the body, as \(field)")
        let other = try #require(fault(query, QueryRule([], bodyFields: ["\(field).x", field], of: "POST /x")))
        #expect(other.message.contains("it belongs in the body of POST /x, as "), "\(other.message)")
    }

    @Test func `a route without parameters says so`() throws {
        let message = "is not a known parameter; this route has no parameters"
        #expect(fault("x=1", []) == InputIssue(path: "x", message: message))
        #expect(fault("&&", []) == nil)
    }

    @Test func `a long query string is refused after its first parameters`() throws {
        let begin = ContinuousClock.now
        for query in [
            String(repeating: "a", count: 60_000), String(repeating: "%61", count: 20_000),
            String(repeating: "format&", count: 9000), String(repeating: "&", count: 60_000) + "x",
            String(repeating: "%e2%80%8d", count: 6000),
        ] {
            let issue = try #require(fault(query))
            #expect(issue.path.utf8.count < 1000 && issue.message.utf8.count < 1000)
        }
        // Against hanging only.
        #expect(ContinuousClock.now - begin < .seconds(30))
    }

    @Test func `the format of destinations is read in any encoding`() throws {
        #expect(try DestinationFormat(query: nil) == .count)
        #expect(try DestinationFormat(query: "") == .count)
        for query in ["group_destinations=list", "group%5Fdestinations=%6Cist", "&format=csv&group_destinations=list"] {
            #expect(try DestinationFormat(query: query[...]) == .list, "\(query)")
        }
        for query in ["group_destinations", "group_destinations=", "group_destinations=LIST"] {
            #expect(throws: InvalidInput.self, "\(query)") { try DestinationFormat(query: query[...]) }
        }
    }
}
