import Testing

/// The rule for query strings, on every route of the API.
@Suite struct QueryParameterTests {
    private static let routes = [
        ("GET", "/send-logs/a"), ("POST", "/send-logs/search"), ("POST", "/send-logs/export"), ("POST", "/send-logs"),
        ("POST", "/send-logs/import"), ("GET", "/campaigns"), ("POST", "/campaigns/search"), ("GET", "/campaigns/a"),
        ("PUT", "/campaigns/a"), ("GET", "/webhooks"), ("POST", "/webhooks"), ("GET", "/webhooks/a"),
        ("PUT", "/webhooks/a"), ("DELETE", "/webhooks/a"), ("POST", "/webhooks/a/test"),
        ("GET", "/webhooks/a/deliveries"), ("POST", "/webhooks/a/deliveries/1/redeliver"),
        ("POST", "/webhooks/a/redeliver"), ("POST", "/webhooks/a/replay"), ("DELETE", "/webhooks/a/replays"),
        ("POST", "/recipients/compare"), ("GET", "/whoami"),
        ("GET", "/balance"), ("GET", "/tags"), ("GET", "/health"), ("GET", "/metrics"), ("GET", "/openapi.json"),
    ]

    private static let listing = [
        ("GET", "/send-logs/a"), ("POST", "/send-logs/search"), ("POST", "/send-logs/export"),
    ]

    private func tenant() throws -> Tenant { try Shared.server.tenant(permissions: "sendLog", "campaign", "webhook") }

    @Test func `every route refuses an unknown parameter, and does nothing`() throws {
        let tenant = try tenant()
        for (method, path) in Self.routes {
            let body = method == "GET" ? nil : Array(SampleLog(id: "send-1").json.utf8)
            for query in ["dry_run=true", "%64ry_run", "&dry_run&"] {
                let response = try tenant.request(method, "\(path)?\(query)", body: body)
                try expectFailure(response, 400, "invalid_request", says: "not a known parameter", issue: "dry_run")
            }
            let head = method == "GET" ? try tenant.request("HEAD", "\(path)?dry_run").status : 400
            #expect(head == 400, "\(path)")
        }
        #expect(try tenant.total() == 0)
    }

    @Test func `the list above has every route of the API`() throws {
        let paths = try Shared.emptyTenant.get("/openapi.json").json()["paths"]
        let documented = paths.names.flatMap { path in
            paths[path].names.map { "\($0.uppercased()) \(path.replacing(/\{[a-z_]+\}/, with: "*"))" }
        }
        let tested = Self.routes.map { method, path in
            let parts = path.split(separator: "/").map { ["a", "1"].contains($0) ? "*" : String($0) }
            return "\(method) /\(parts.joined(separator: "/"))"
        }
        #expect(tested.sorted() == documented.sorted())
    }

    @Test func `a misspelt or repeated parameter is refused with the known name`() throws {
        let tenant = try tenant()
        for query in ["group_destination=list", "groupDestinations=list", "group%5Fdestinatons=list"] {
            for (method, path) in Self.listing {
                let response = try tenant.request(method, "\(path)?\(query)")
                try expectFailure(response, 400, "invalid_request", says: #"did you mean "group_destinations"?"#)
            }
        }
        for (method, path) in Self.listing {
            let query = "group_destinations=count&group%5Fdestinations=list"
            let response = try tenant.request(method, "\(path)?\(query)")
            try expectFailure(response, 400, "invalid_request", says: "only once", issue: "group_destinations")
        }
    }

    @Test(
        arguments: [
            ("campaign_id=nosuch", "campaign_id", "find.campaign_id"), ("limit=2", "limit", "options.limit"),
            ("skip=1", "skip", "options.skip"), ("sort=1", "sort", "options.sort"),
            ("as_of=1", "as_of", "options.as_of"), ("destination=27821234567", "destination", "find.destination"),
            ("destinations=27821234567", "destinations", "find.destination"),
            ("find[destination]=27821234567", "find[destination]", "find.destination"),
            ("startDeliveryAt[$gte]=2022-01-01", "startDeliveryAt[$gte]", "find.startDeliveryAt"),
            ("find.campaign_id=a", "find.campaign_id", "find.campaign_id"),
            ("options%5Blimit%5D=2", "options[limit]", "options.limit"),
        ]
    )
    func `a filter in the query string is refused with its path in the body`(
        query: String,
        path: String,
        field: String
    ) throws {
        for route in ["search", "export"] {
            let response = try Shared.emptyTenant.post("/send-logs/\(route)?\(query)", "{}")
            try expectFailure(response, 400, "invalid_request", says: "in the body, as \(field)", issue: path)
        }
        let response = try Shared.emptyTenant.get("/send-logs/search?\(query)")
        let hint = "in the body of POST /send-logs/search, as \(field)"
        try expectFailure(response, 400, "invalid_request", says: hint, issue: path)
    }

    @Test func `the fields of other bodies are named too`() throws {
        let tenant = try tenant()
        for (method, target, field) in [
            ("POST", "/send-logs?campaignId=a", "campaign_id"), ("PUT", "/campaigns/a?name=b", "name"),
            ("POST", "/webhooks?url=https://a.example", "url"), ("POST", "/webhooks/a/test?send_id=b", "send_id"),
        ] {
            let response = try tenant.request(method, target, body: Array("{}".utf8))
            try expectFailure(response, 400, "invalid_request", says: "in the body, as \(field)")
        }
    }

    @Test func `known parameters work in any encoding`() throws {
        let tenant = try tenant()
        let log = SampleLog(id: "send-1")
        try tenant.record(log)
        for query in ["group_destinations=list", "group%5Fdestinations=li%73t", "&group_destinations=list&"] {
            #expect(try tenant.get("/send-logs/send-1?\(query)").dataText == log.listed)
            let found = try tenant.post("/send-logs/search?\(query)", "{}")
            #expect(found.text.contains(log.listed))
            #expect(try tenant.post("/send-logs/export?\(query)&%66ormat=ndjson", "{}").text == log.listed + "\n")
        }
    }

    @Test func `the key and its permissions are checked first`() throws {
        let reader = try Shared.server.tenant(permissions: "campaign.read")
        try expectFailure(reader.get("/send-logs/a?x=1"), 403, "permission_denied")
        let response = try reader.request("GET", "/campaigns?x=1", authorisation: "Bearer slk_none")
        try expectFailure(response, 401, "unauthorized")
    }

    @Test(arguments: ["search", "export", "import"])
    func `a GET of a route for POST gets 404 with a hint, and finds a send log of that id`(name: String) throws {
        let tenant = try tenant()
        let missing = try tenant.get("/send-logs/\(name)")
        try expectFailure(missing, 404, "resource_not_found", says: "POST /send-logs/\(name)")
        for query in ["", "?group_destinations=list"] {
            let other = try tenant.get("/send-logs/searching\(query)")
            try expectFailure(other, 404, "resource_not_found")
            #expect(!other.text.contains("POST"))
        }
        let log = SampleLog(id: name)
        try tenant.record(log)
        #expect(try tenant.get("/send-logs/\(name)").dataText == log.counted)
        // So the path supports GET as well.
        let refused = try tenant.request("DELETE", "/send-logs/\(name)")
        try expectFailure(refused, 405, "method_not_allowed", says: "GET, HEAD, POST")
        #expect(refused["allow"] == "GET, HEAD, POST")
    }
}
