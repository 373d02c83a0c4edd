import Testing

/// Entity tags of a send log, and requests that depend on them.
@Suite struct ConditionalRequestTests {
    private static let queries = ["", "?group_destinations=count", "?group_destinations=list"]

    private func get(
        _ tenant: Tenant,
        _ target: String,
        _ tags: String...,
        method: String = "GET"
    ) throws -> HTTPResponse {
        try tenant.request(method, target, headers: tags.map { ("If-None-Match", $0) })
    }

    @Test(arguments: queries)
    func `a client that has the send log gets 304 without a body`(query: String) throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let path = "/send-logs/send-1\(query)"
        let first = try tenant.get(path)
        let tag = try #require(first["etag"])
        #expect(first.status == 200 && tag.hasPrefix("W/\"") && tag.hasSuffix("\""))
        #expect(first["cache-control"] == "private, no-cache")
        let strong = String(tag.dropFirst(2))
        for method in ["GET", "HEAD"] {
            for tags in [tag, strong, "*", "\"a\", \(tag)", "\"a,b\" ,\(strong),\"c\""] {
                // A body, or a wrong length, would be at the beginning of the next response.
                let connection = try tenant.server.connect()
                let headers = tenant.headers + [("If-None-Match", tags)]
                let response = try connection.request(method, path, headers: headers)
                #expect(response.status == 304, "\(tags)")
                #expect(response["etag"] == tag && response["cache-control"] == first["cache-control"])
                #expect(response["vary"] == first["vary"])
                #expect(response["content-length"] == nil && response["transfer-encoding"] == nil)
                #expect(response["x-request-id"]?.isEmpty == false)
                #expect(try connection.request("GET", "/health").status == 200)
            }
        }
        let several = try get(tenant, path, "\"a\"", tag)
        #expect(several.status == 304)
        for tags in ["\"a\"", tag.replacing("\"", with: ""), "\"*\"", "", "W/\"\""] {
            let response = try get(tenant, path, tags)
            #expect(response.status == 200 && response.dataText == first.dataText, "\(tags)")
        }
        #expect(try get(tenant, path, "\"a\"", method: "HEAD")["etag"] == tag)
    }

    @Test func `the tag depends on content and format, and not on the request`() throws {
        let tenant = try Shared.server.tenant()
        let logs = [
            SampleLog(id: "send-1"), SampleLog(id: "send-2"), SampleLog(id: "send-3", destinations: ["27821234567"]),
        ]
        try tenant.record(logs)
        var tags: Set<String> = []
        for log in logs {
            for query in ["", "?group_destinations=list"] {
                let target = "/send-logs/\(log.id)\(query)"
                let tag = try #require(try tenant.get(target)["etag"])
                tags.insert(tag)
                #expect(try tenant.get(target)["etag"] == tag)
                let gzip = try tenant.request("GET", target, headers: [("Accept-Encoding", "gzip")])
                #expect(gzip["etag"] == tag)
            }
        }
        #expect(tags.count == 6)
        let counted = try #require(try tenant.get("/send-logs/send-1")["etag"])
        #expect(try tenant.get("/send-logs/send-1?group_destinations=count")["etag"] == counted)
        // A list is not taken for a count.
        #expect(try get(tenant, "/send-logs/send-1?group_destinations=list", counted).status == 200)
        // Another organisation's log of the same ID has another tag.
        let other = try Shared.server.tenant()
        try other.record(SampleLog(id: "send-1", message: "another"))
        #expect(try get(other, "/send-logs/send-1", counted).status == 200)
    }

    @Test func `failures and other responses have no tag, and ignore the condition`() throws {
        let tenant = try Shared.server.tenant()
        let missing = try get(tenant, "/send-logs/none", "*")
        try expectFailure(missing, 404, "resource_not_found")
        #expect(missing["etag"] == nil)
        let refused = try tenant.request(
            "GET",
            "/send-logs/none",
            authorisation: "Bearer x",
            headers: [("If-None-Match", "*")]
        )
        #expect(refused.status == 401)
        let search = try tenant.request("POST", "/send-logs/search", headers: [("If-None-Match", "*")], body: [])
        #expect(search.status == 200 && search["etag"] == nil)
    }
}
