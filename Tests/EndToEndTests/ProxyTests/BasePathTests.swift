import Foundation
import TestSupport
import Testing

/// A server that a proxy publishes under a base path, seen by clients of the API and of the console.
@Suite struct BasePathTests {
    private static let base = "/sendlog"
    private static let running = Result {
        try Server(
            arguments: ["--webhooks-allow", "127.0.0.1/32"],
            environment: ["SENDLOG_HTTP_BASE_PATH": base]
        )
    }

    private func tenant() throws -> Tenant { try Self.running.get().tenant(permissions: "*") }

    @Test
    func `every page of the console has the base path in its links, forms, assets, redirects and cookies`() throws {
        let (tenant, receiver) = (try tenant(), try StubReceiver())
        try tenant.recordSampleSends()
        let client = try ConsoleClient(tenant)
        let crawler = ConsoleCrawler(client, basePath: Self.base)
        let webhook = try WebhookPages.webhook(tenant, receiver.url)
        let definition: KeyValuePairs = ["name": "more", "url": receiver.url, "method": "POST", "body": ""]
        try crawler.post("/console/time-zone", ["zone": "Europe/Berlin"], from: "/console/time-zone")
        try crawler.post("/console/sends", ["recipient": "+27 82 0000 120"], from: "/console/sends")
        let send = "/console/sends/send-12"
        try crawler.post(send, ["destination": "+27 82 0000 120"], from: send)
        try crawler.post("/console/organisation", ["calling-code": "27"], from: "/console/organisation")
        try crawler.post("/console/campaigns/summer/name", ["name": "Summer"], from: "/console/campaigns")
        try crawler.post("/console/go", ["sought": "summer"], from: "/console/keys")
        try crawler.post("/console/keys", ["name": "other", "permission": "sendLog"], from: "/console/keys")
        try crawler.post("\(webhook)/test", ["send": ""], from: webhook)
        let redelivery = try #require(
            try client.get(webhook).text.firstMatch(of: /action="\/sendlog(\/console\/webhooks\/[^"]*\/redeliver)"/)
        )
        try crawler.post(String(redelivery.output.1), [:], from: webhook)
        try crawler.post("\(webhook)/secret", [:], from: webhook)
        try crawler.post("\(webhook)/active", ["active": "false"], from: webhook)
        try crawler.post("/console/webhooks/preview", definition, from: webhook)
        try crawler.crawl(from: "\(Self.base)/console")
        try crawler.crawl(from: "\(Self.base)/console/go")
        try crawler.crawl(from: "\(Self.base)/console/campaigns/summer/compare?send=send-12")
        // These change or delete what the crawler has found.
        try crawler.post("/console/webhooks", definition, from: "/console/webhooks/new")
        try crawler.post(webhook, definition, from: "\(webhook)/edit")
        try crawler.post("\(webhook)/delete", [:], from: webhook)
        let own = try #require(client.get("/console/keys").text.firstMatch(of: /\/(key_[0-9]+)\/revoke"/)).output.1
        try crawler.post("/console/keys/\(own)/revoke", [:], from: "/console/keys")
        let stranger = ConsoleCrawler(ConsoleClient(tenant.server), basePath: Self.base)
        try stranger.crawl(from: "\(Self.base)/console/keys")
        let last = try ConsoleClient(tenant)
        try ConsoleCrawler(last, basePath: Self.base).post("/console/sign-out", [:], from: "/console/keys")
        let paths = crawler.paths.union(stranger.paths)
        let pages = try Self.pages()
        for page in pages {
            // A path with parameters also fits other pages, such as `/console/webhooks/new`.
            let isRequested = paths.contains { path in
                path == page.path || !pages.contains { $0.path == path } && path.wholeMatch(of: page.regex) != nil
            }
            #expect(isRequested, "\(page.path) was not requested")
        }
    }

    /// The paths of all pages of the console, from its sources.
    private static func pages() throws -> [(path: String, regex: Regex<AnyRegexOutput>)] {
        let folder = TestPaths.package.appending(path: "Sources/SendLogConsole")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? []
        let sources = try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
            .map { (type: $0.typeName, text: try String(contentsOf: $0, encoding: .utf8)) }
        var constants: [String: String] = [:]
        for (type, text) in sources {
            for match in text.matches(of: /static let path = ("[^"\n]*")/) {
                constants["\(type).path"] = String(match.output.1)
            }
        }
        let paths = try sources.flatMap { type, text in
            try text.matches(of: /(?:\.get\((?!\))|(?:\bRoute|\.open)\(\s*\.GET,)\s*([^,]*),/).map { match in
                try path(String(match.output.1), in: type, constants)
            }
        }
        try #require(paths.count >= 16, "\(paths)")
        return try paths.map { path in
            let text = path.replacing(".", with: "\\.").replacing(/:[a-z_]+/, with: "[^/]+")
                .replacing(/\\\((ending|name)\)/, with: "[a-z.]+")
            try #require(!text.contains("("), "the path \(path) has an unknown variable")
            return (path, try Regex(text))
        }
    }

    /// Returns the path of an expression: a string literal or `path` of a type, which may contain other ones.
    private static func path(_ expression: String, in type: String, _ constants: [String: String]) throws -> String {
        let name = expression.replacing("Self.", with: "\(type).")
        let literal = try #require(
            name.hasPrefix("\"") && name.hasSuffix("\"") ? name : constants[name],
            "the path of \(expression) in \(type) is unknown"
        )
        return try String(literal.dropFirst().dropLast()).replacing(/\\\(([A-Za-z]+\.path)\)/) { match in
            try path(String(match.output.1), in: type, constants)
        }
    }

    @Test(arguments: [
        ("/sendlog/health", 200), ("/health", 200), ("/sendlog/health/", 404), ("/sendlogs/health", 404),
        ("/sendlog/sendlog/health", 404), ("/sendlog", 404), ("//sendlog/health", 404),
    ])
    func `a request path may begin with the base path`(path: String, status: Int) throws {
        #expect(try Self.running.get().connect().request("GET", path).status == status)
    }

    @Test(arguments: ["", "/sendlog"]) func `Location, the OpenAPI document and errors have the base path`(
        prefix: String
    ) throws {
        let tenant = try tenant()
        let created = try tenant.post("\(prefix)/send-logs", SampleLog(id: "send-1").json)
        #expect(created["location"] == "/sendlog/send-logs/send-1")
        let stored = try tenant.get(try #require(created["location"])).data()
        #expect(try stored == created.data(201))
        let document = try tenant.get("\(prefix)/openapi.json").json()
        #expect(document["servers"] == [["url": "/sendlog"]])
        let missing = try tenant.get("\(prefix)/nothing")
        try expectFailure(missing, 404, "resource_not_found", says: "see /sendlog/openapi.json")
        for path in ["\(prefix)/send-logs/", "\(prefix)//send-logs", "/\(prefix)//send-logs"] {
            let slashed = try tenant.get(path)
            try expectFailure(slashed, 404, "resource_not_found", says: "extra slash; use /sendlog/send-logs")
        }
        for path in ["/send-logs/search", "/campaigns/search"] {
            let search = try tenant.get("\(prefix)\(path)")
            try expectFailure(search, 404, "resource_not_found", says: "use POST /sendlog\(path)")
        }
        let client = ConsoleClient(tenant.server)
        client.headers = [("Accept", "text/html")]
        for path in ["\(prefix)/", "\(prefix)/console/nothing"] {
            let response = try client.get(path)
            let isRedirected = response["location"] == "/sendlog/console"
            #expect(isRedirected || response.text.contains("href=\"/sendlog/console\""), "\(path): \(response.text)")
        }
    }

    @Test(arguments: [
        ("/console/keys?a=1", "/console/keys?a=1"), ("/sendlog/console/keys?a=1", "/console/keys?a=1"),
        ("", "/console"),
        ("/sendlog//elsewhere.example/console/", "/console"), ("//elsewhere.example/sendlog/console/", "/console"),
        ("https://elsewhere.example/sendlog/console/", "/console"), ("/sendlog/console/../../other", "/console"),
        ("/sendlogs/console/keys", "/console"), ("/sendlog/sendlog/console/keys", "/console"),
        ("/sendlog/console/sign-out", "/console"), ("/sendlog/\\elsewhere.example", "/console"),
    ])
    func `sign-in returns to a page below the base path, and nowhere else`(next: String, target: String) throws {
        let tenant = try tenant()
        #expect(try ConsoleClient(tenant.server).signIn(tenant.key, next: next)["location"] == "/sendlog\(target)")
    }

    @Test func `sign-in returns to the page that was requested`() throws {
        let tenant = try tenant()
        for prefix in ["", "/sendlog"] {
            let client = ConsoleClient(tenant.server)
            let signIn = try #require(try client.get("\(prefix)/console/sends?page=2")["location"])
            #expect(signIn.hasPrefix("/sendlog/console/sign-in?next="))
            let form = try client.get(signIn)
            let next = try #require(form.text.firstMatch(of: /name="next" value="([^"]*)"/)).output.1
            let fields = [("key", tenant.key), ("next", String(next)), ("form-token", try client.csrfToken(form))]
            let response = try client.post("/sendlog/console/sign-in", fields)
            #expect(response["location"] == "/sendlog/console/sends?page=2")
        }
    }

    @Test func `behind TLS, cookies are Secure and belong to the base path`() throws {
        let tenant = try tenant()
        let client = ConsoleClient(tenant.server)
        client.headers = [("X-Forwarded-Proto", "HTTPS , http")]
        let cookies = try client.signIn(tenant.key).headers.filter { $0.name == "set-cookie" }.map(\.value)
        let session = try #require(cookies.first { $0.hasPrefix("__Secure-sendlog_session=") }, "\(cookies)")
        #expect(session.contains("; Path=/sendlog;") && session.hasSuffix("; HttpOnly; Secure"))
        #expect(try client.get("/sendlog/console/sends").status == 200)
    }

    @Test func `commands have the public address, and a send leads back to the report that linked to it`() throws {
        let tenant = try tenant()
        try tenant.record(SampleLog(id: "send-1"))
        let client = try ConsoleClient(tenant)
        let report = try client.get("/sendlog/console/sends").text
        #expect(report.contains("curl -s &#39;http://127.0.0.1/sendlog/send-logs/search&#39;"), "\(report)")
        for (page, back) in [
            ("/sendlog/console/sends?campaign=spring", "/sendlog/console/sends?campaign=spring"),
            // A page of another application on the same host.
            ("/console/sends?campaign=spring", "/sendlog/console/sends"),
        ] {
            client.headers = [("Referer", "http://127.0.0.1\(page)")]
            let text = try client.get("/sendlog/console/sends/send-1").text
            #expect(text.contains("<p class=\"back\"><a href=\"\(back)\">"), "\(page)")
        }
    }
}

extension URL {
    /// The type that a source file declares or extends.
    fileprivate var typeName: String { String(lastPathComponent.prefix { $0 != "+" && $0 != "." }) }
}
