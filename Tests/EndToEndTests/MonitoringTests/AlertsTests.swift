import Foundation
import TestSupport
import Testing

/// The alert rules and the dashboard in `docs/monitoring`, checked by promtool and against a running server.
@Suite(.blocking) struct AlertsTests {
    private static let folder = TestPaths.package.appending(path: "docs/monitoring")
    private static let unitTests = TestPaths.package.appending(path: "Tests/Monitoring/alerts_test.yaml")

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    private static func alerts() throws -> [String] {
        let text = try text("alerts.yaml")
        return text.matches(of: /- alert: ([A-Za-z]+)/).map { String($0.output.1) }
    }

    /// The expressions of the dashboard's panels and variables.
    private static func expressions(_ json: JSON) -> [String] {
        switch json {
        case .object(let members):
            members.flatMap { name, value in
                ["expr", "definition"].contains(name) ? [value.string ?? ""] : expressions(value)
            }
        case .array(let elements): elements.flatMap(expressions)
        default: []
        }
    }

    /// Scrapes a server on SQLite that has done something of each kind.
    private static func scrape() throws -> Scrape {
        let server = try Server(in: TemporaryFolder(), arguments: ["--webhooks-allow", "127.0.0.1/32"])
        let tenant = try Hooks.tenant(on: server)
        let path = Hooks.path("ok")
        _ = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send-1"))
        _ = try Hooks.receiver.waitForRequests(path, 1)
        #expect(try tenant.get("/no-such-path").status == 404)
        return try Scrape(server)
    }

    @Test func `promtool accepts the metrics of a running server, and the page on monitoring lists them all`() throws {
        let scrape = try Self.scrape()
        let folder = try TemporaryFolder()
        try folder.write("metrics", scrape.text)
        let check = try Command.tool("promtool", "check", "metrics", input: folder.file("metrics"))
        #expect(check.exit == .code(0) && check.output.isEmpty && check.errors.isEmpty, "\(check)")
        #expect(scrape.names.count > 30 && Set(scrape.names).count == scrape.names.count)
        let page = try String(contentsOf: TestPaths.package.appending(path: "docs/monitoring.md"), encoding: .utf8)
        for name in scrape.names { #expect(page.contains("`\(name)`"), "\(name)") }
        for match in page.matches(of: /`((?:sendlog|process)_[a-z_]+)`/) {
            #expect(scrape.names.contains(String(match.output.1)), "\(match.output.1)")
        }
    }

    @Test func `every metric that a rule or the dashboard names is in the metrics of a running server`() throws {
        let names = try Self.scrape().names
        for file in ["alerts.yaml", "dashboard.json"] {
            let named = try Self.text(file).matches(of: /\b(?:sendlog|process)_[a-z_]+/).map { String($0.output) }
            #expect(named.count > 10)
            for name in named {
                let base = name.replacing(/_(bucket|sum|count)$/, with: "")
                #expect(names.contains(name) || names.contains(base), "\(name) in \(file)")
            }
        }
        // The dashboard shows all metrics.
        let dashboard = try Self.text("dashboard.json")
        for name in names { #expect(dashboard.contains(name), "\(name)") }
    }

    @Test func `promtool accepts the alert rules, and each fires and is quiet in its unit tests`() throws {
        let rules = Self.folder.appending(path: "alerts.yaml").path
        let check = try Command.tool("promtool", "check", "rules", rules)
        #expect(check.exit == .code(0), "\(check)")
        let test = try Command.tool("promtool", "test", "rules", Self.unitTests.path)
        #expect(test.exit == .code(0), "\(test)")
        let tests = try String(contentsOf: Self.unitTests, encoding: .utf8)
        let alerts = try Self.alerts()
        #expect(alerts.count > 10)
        for alert in alerts {
            for name in ["\(alert) fires", "\(alert) is quiet"] {
                #expect(tests.contains("- name: \(name)\n"), "\(name)")
            }
        }
    }

    @Test func `each alert has a section that says what to do`() throws {
        let page = try String(contentsOf: TestPaths.package.appending(path: "docs/monitoring.md"), encoding: .utf8)
        let sections = page.matches(of: /\n### (Sendlog[A-Za-z]+)\n/).map { String($0.output.1) }
        #expect(try sections == Self.alerts())
    }

    @Test func `promtool accepts the expressions of the dashboard`() throws {
        let dashboard = try JSON(parsing: Data(Self.text("dashboard.json").utf8))
        let expressions = Self.expressions(dashboard).filter { !$0.hasPrefix("label_values") }
        #expect(expressions.count > 30)
        var rules = "groups:\n  - name: dashboard\n    rules:\n"
        for (number, expression) in expressions.enumerated() {
            let plain = expression.replacing("$__rate_interval", with: "5m")
            rules += "      - record: dashboard:expression\(number)\n        expr: \(JSON.text(plain))\n"
        }
        let folder = try TemporaryFolder()
        try folder.write("rules.yaml", rules)
        let check = try Command.tool("promtool", "check", "rules", folder.file("rules.yaml"))
        #expect(check.exit == .code(0), "\(check)")
    }
}
