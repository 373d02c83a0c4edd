import Foundation
import TestSupport
import Testing

/// The server behind an nginx with TLS, with each configuration that the documentation shows.
@Suite struct NginxTests {
    private static let servers = Result {
        try Dictionary(
            uniqueKeysWithValues: ["", "/sendlog"].map { basePath in
                let environment = basePath.isEmpty ? [:] : ["SENDLOG_HTTP_BASE_PATH": basePath]
                return (basePath, try Server(arguments: ["--trusted-proxies", "127.0.0.1"], environment: environment))
            }
        )
    }

    private func start(_ example: NginxProxy.Example) throws -> (Tenant, NginxProxy) {
        let server = try #require(try Self.servers.get()[example.basePath])
        return (try server.tenant(permissions: "*"), try NginxProxy(example, before: server))
    }

    /// Sends a request with curl, which verifies the certificate; with a body, it is a `POST`.
    private func request(_ url: String, _ key: String, _ certificate: String, _ body: String?) throws -> HTTPResponse {
        let fixed = ["curl", "-sS", "-i", "--http1.1", "--cacert", certificate, "-H", "Authorization: Bearer \(key)"]
        let sent = body.map { ["-H", "Expect:", "--data-binary", $0] } ?? []
        let output = try Command("/usr/bin/env", fixed + sent + [url]).succeeded().output
        let parts = output.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = parts[0].split(separator: "\r\n")
        let headers = lines.dropFirst().map { line in
            let name = line.prefix { $0 != ":" }
            return (name: name.lowercased(), value: String(line.dropFirst(name.count + 2)))
        }
        let status = try #require(Int(lines[0].split(separator: " ")[1]), "\(lines[0])")
        return HTTPResponse(status: status, headers: headers, body: Array((parts.dropFirst().first ?? "").utf8))
    }

    @Test(arguments: NginxProxy.Example.allCases)
    func `a client of the API records, follows Location, imports, searches and exports`(
        example: NginxProxy.Example
    ) throws {
        let (tenant, proxy) = try start(example)
        func send(_ path: String, _ body: String? = nil) throws -> HTTPResponse {
            try request(proxy.address + path, tenant.key, proxy.certificate, body)
        }
        let created = try send("/send-logs", SampleLog(id: "send-1").json)
        let location = try #require(created["location"], "\(created)")
        #expect(location == "\(example.basePath)/send-logs/send-1")
        let origin = proxy.address.dropLast(example.basePath.count)
        let stored = try request("\(origin)\(location)", tenant.key, proxy.certificate, nil)
        #expect(try stored.data() == created.data(201))
        // Six times the length that nginx accepts by default.
        let list = (0..<20_000).map { "2782\(1_000_000 + $0)" }
        let logs = (0..<20).map { SampleLog(id: "long-\($0)", destinations: list).json + "\n" }
        let folder = try TemporaryFolder()
        let file = try folder.write("logs.ndjson", logs.joined())
        #expect(try send("/send-logs/import", "@\(file)").data()["recorded"] == 20)
        #expect(try send("/send-logs/search", "{}").data()["total"] == 21)
        let lists = try send("/send-logs/export?group_destinations=list", "{}")
        #expect(lists.text.split(separator: "\n").count == 21 && lists.body.count > 4_000_000)
        let root: JSON = .string(example == .root ? "/" : example.basePath)
        #expect(try send("/openapi.json").json()["servers"] == [["url": root]])
        try expectFailure(send("/send-logs/none"), 404, "resource_not_found")
        for path in ["/metrics", "/health"] {
            let response = try send(path)
            #expect(response.status == 404 && response["content-type"] == "text/html", "\(path): \(response)")
        }
    }

    @Test(arguments: NginxProxy.Example.allCases)
    func `a user signs in, opens every section, downloads and signs out`(example: NginxProxy.Example) throws {
        let (tenant, proxy) = try start(example)
        try tenant.recordSampleSends()
        let user = try ConsoleUser(tenant.server, at: proxy.address)
        let page = user.page
        try user.open("/")
        #expect(try page.url == "\(proxy.address)/console/sign-in")
        try user.open("/console/sends?campaign=spring")
        try page.paste(tenant.key, into: "input[name=key]")
        try page.clickAndLoad(.named("Sign in", role: "button"))
        #expect(try page.url == "\(proxy.address)/console/sends?campaign=spring")
        let session = try #require(try page.cookies().first { $0.name.hasSuffix("sendlog_session") })
        #expect(session.name.hasPrefix(example == .root ? "__Host-" : "__Secure-"))
        #expect(session.isSecure && session.isHTTPOnly && session.path == (example == .root ? "/" : example.basePath))
        let file = try page.download { try page.click(.named("CSV", role: "link")) }
        #expect(file.url.hasPrefix("\(proxy.address)/console/sends.csv?"))
        #expect(String(decoding: file.bytes, as: UTF8.self).contains("send-129"))
        try page.type("spr", into: "#campaign")
        try page.wait(for: "campaigns to be suggested") { try page.exists("#suggestions option[value=spring]") }
        let command = try page.evaluate("document.querySelector('#curl').textContent").plainText
        #expect(command.hasPrefix("curl -s '\(proxy.address)/send-logs/search'"), "\(command)")
        try page.clickAndLoad("table.sends td.when a")
        try page.clickAndLoad(.named("‹ Sends Report", role: "link"))
        #expect(try page.url == "\(proxy.address)/console/sends?campaign=spring")
        for (section, path) in [("Campaigns Report", "campaigns"), ("Webhooks", "webhooks"), ("Keys", "keys")] {
            try page.clickAndLoad(.named(section, role: "link"))
            #expect(try page.url == "\(proxy.address)/console/\(path)")
        }
        try user.open("/console/webhooks/new")
        try page.type("https://receiver.example/hook", into: "#url")
        try page.wait(for: "the preview") { try page.text(of: ".preview").contains("receiver.example/hook") }
        try page.clickAndLoad(.named("Sign out", role: "button"))
        #expect(try page.url == "\(proxy.address)/console/sign-in")
        try user.open("/console/keys")
        #expect(try page.title == "Sign in · sendlog")
        try user.expectNoErrors()
    }
}
