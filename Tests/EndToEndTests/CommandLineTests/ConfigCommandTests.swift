import Foundation
import TestSupport
import Testing

/// `sendlog config`.
@Suite struct ConfigCommandTests {
    @Test func `the table names each setting with its value and its source, which take precedence as for serve`() throws
    {
        let folder = try TemporaryFolder()
        let file = try folder.write("sendlog.json", #"{"http": {"port": 1, "host": "::1"}, "log": {"format": "json"}}"#)
        let environment = ["SENDLOG_CONFIG": file, "SENDLOG_HTTP_HOST": "127.0.0.2", "SENDLOG_SQLITE_PATIENCE": "9"]
        let shown = try Command.sendlog("config", "--port", "3", environment: environment).succeeded()
        let rows = shown.lines.map { $0.split(separator: "  ").map { $0.trimmingCharacters(in: .whitespaces) } }
        #expect(rows.first == ["SETTING", "VALUE", "SOURCE"])
        for row in [
            ["http.port", "3", "flag --port"], ["http.host", "127.0.0.2", "variable SENDLOG_HTTP_HOST"],
            ["log.format", "json", "file \(file)"], ["webhooks.allow", "none", "default"],
            ["sqlite.lockTimeout", "9", "variable SENDLOG_SQLITE_PATIENCE (former name)"],
            ["database", "sqlite:sendlog.db", "default"],
        ] { #expect(rows.contains(row), "\(row): \(shown)") }
        #expect(shown.errors.hasPrefix("Warning: SENDLOG_SQLITE_PATIENCE is now called SENDLOG_SQLITE_LOCK_TIMEOUT"))
    }

    @Test func `every setting of the configuration page is shown, as a table and as JSON`() throws {
        let page = try String(contentsOf: TestPaths.package.appending(path: "docs/configuration.md"), encoding: .utf8)
        // The table of former names has fewer columns.
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") && $0.split(separator: " | ").count == 6 }
        let keys = rows.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
        #expect(keys.count > 30)
        let table = try Command.sendlog("config").succeeded()
        #expect(Set(table.lines.dropFirst().map { String($0.prefix { $0 != " " }) }) == Set(keys))
        let json = try JSON(parsing: Command.sendlog("config", "--json").succeeded().output.utf8).elements
        #expect(Set(json.compactMap(\.["key"].string)) == Set(keys))
        #expect(json.allSatisfy { $0["source"] == "default" && $0["value"] != .null })
    }

    @Test func `no database is opened or created, and no password is shown`() throws {
        let folder = try TemporaryFolder()
        let database = "sqlite:\(folder.file("none.db"))"
        _ = try Command.sendlog("config", "--database", database).succeeded()
        #expect(try folder.names() == [])
        let location = "postgres://sendlog:s3cret@db.invalid/sends?sslmode=require"
        let shown = try Command.sendlog("config", "--json", environment: ["SENDLOG_DATABASE": location]).succeeded()
        #expect(shown.output.contains("\"postgres://sendlog:***@db.invalid/sends?sslmode=require\""), "\(shown)")
        #expect(!shown.output.contains("s3cret") && !shown.errors.contains("s3cret"))
    }

    @Test func `the help of serve has the default of each setting in force`() throws {
        let words = try Command.sendlog("serve", "--help").succeeded().output.split(whereSeparator: \.isWhitespace)
        let help = words.joined(separator: " ")
        let settings = try JSON(parsing: Command.sendlog("config", "--json").succeeded().output.utf8).elements
        var compared = 0
        for setting in settings {
            guard case .number(let number) = setting["value"] else { continue }
            let key = try #require(setting["key"].string)
            // The defaults that depend on the machine or on other settings are described instead.
            if ["http.threads", "workers.threads", "sqlite.readers"].contains(key) || key.hasSuffix("PerOrganisation") {
                continue
            }
            #expect(help.contains("(default: \(Int(number)))"), "\(key)")
            compared += 1
        }
        #expect(compared > 20)
        #expect(help.contains("(default: two per core, at least 4)"))
    }
}
