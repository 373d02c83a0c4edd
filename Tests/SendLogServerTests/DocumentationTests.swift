import Foundation
import Testing

@testable import SendLogServer

@Suite struct DocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    private var documents: [String] {
        get throws {
            let names = try FileManager.default.subpathsOfDirectory(atPath: Self.root.appending(path: "docs").path)
            let pages = names.filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
            return ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"] + pages
        }
    }

    @Test(arguments: (Setting.all + Setting.formerSettings).map(\.key))
    func `the configuration page has each setting with its flag and variable`(key: String) throws {
        let setting = try #require((Setting.all + Setting.formerSettings).first { $0.key == key })
        let rows = try text("docs/configuration.md").split(separator: "\n").filter { $0.hasPrefix("|") }
        let row = rows.first { $0.contains("`\(setting.key)`") }
        #expect(row?.contains("`--\(setting.flag)`") == true)
        #expect(row?.contains("`\(setting.variable)`") == true)
    }

    @Test(arguments: Setting.all.map(\.key))
    func `the configuration page has the default of each setting`(key: String) throws {
        let setting = try #require(Setting.all.first { $0.key == key })
        let rows = try text("docs/configuration.md").split(separator: "\n")
        let row = try #require(rows.first { $0.hasPrefix("| `\(key)` |") })
        let cells = row.split(separator: " | ").map { $0.filter { $0 != "`" } }
        #expect(cells[4] == setting.defaultText)
    }

    @Test(arguments: ["README.md", "docs/api.md"])
    func `the tables of errors name all limits, and the setting without which a search gets 503`(path: String) throws {
        let rows = try text(path).split(separator: "\n")
        let limited = try #require(rows.first { $0.hasPrefix("| 429 |") })
        for kind in ["exports", "imports", "comparisons", "webhook tests"] { #expect(limited.contains(kind)) }
        let unavailable = try #require(rows.first { $0.hasPrefix("| 503 |") })
        #expect(unavailable.contains("`recipients.index` is off"))
    }

    @Test func `every variable that a document names exists`() throws {
        // Two of the variables that Kubernetes sets, and the one of the console's commands.
        let others = ["SENDLOG_PORT", "SENDLOG_SERVICE_HOST", Setting.keyVariable, Setting.fileVariable]
        let known = Set((Setting.all + Setting.formerSettings).map(\.variable) + others)
        var count = 0
        for document in try documents {
            for match in try text(document).matches(of: /SENDLOG_(?!TEST_)[A-Z_]*[A-Z]/) {
                #expect(known.contains(String(match.output)), "\(match.output) in \(document)")
                count += 1
            }
        }
        #expect(count > 20)
    }

    @Test func `every link between documents has an existing target`() throws {
        var count = 0
        for document in try documents {
            let folder = Self.root.appending(path: document).deletingLastPathComponent()
            for match in try text(document).matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
                let target = folder.appending(path: String(match.output.1)).path
                #expect(FileManager.default.fileExists(atPath: target), "\(match.output.1) in \(document)")
                count += 1
            }
        }
        #expect(count > 20)
    }
}
