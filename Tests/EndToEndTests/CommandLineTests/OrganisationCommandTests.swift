import Foundation
import TestSupport
import Testing

/// `sendlog organisation`.
@Suite struct OrganisationCommandTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func sendlog(_ arguments: String..., environment: [String: String] = [:]) throws -> Command {
        let database = ["--database", "sqlite:\(folder.file("test.sqlite"))"]
        return try Command(TestPaths.binary, arguments + database, environment: environment)
    }

    @Test func `create adds an organisation, and list shows it`() throws {
        let created = try sendlog("organisation", "create", "Thandi's Shop & Söhne 🎉").succeeded()
        #expect(created.output.isEmpty)
        #expect(created.errors.contains("Thandi's Shop & Söhne 🎉"))
        _ = try sendlog("organisation", "create", "Other").succeeded()
        let list = try sendlog("organisation", "list").succeeded()
        #expect(list.lines.count == 3)
        #expect(list.output.contains("Thandi's Shop & Söhne 🎉"))
        #expect(list.errors.isEmpty)
        let json = try sendlog("organisation", "list", "--json").succeeded().output
        let rows = try JSON(parsing: json.utf8).elements
        #expect(Set(rows.compactMap(\.["name"].string)) == ["Thandi's Shop & Söhne 🎉", "Other"])
        #expect(rows.allSatisfy { $0["sends"] == 0 && $0["destinations"] == 0 })
    }

    @Test func `the suggested next command works when pasted`() throws {
        let created = try sendlog("organisation", "create", "Thandi's \"Shop\" $HOME").succeeded()
        let line = try #require(created.errors.split(separator: "\n").first { $0.contains("sendlog key create") })
        let pasted = line.trimmingCharacters(in: .whitespaces).replacing(/^sendlog/, with: "\"$SENDLOG\"")
        let file = try folder.write(
            "pasted.sh",
            "SENDLOG=\(TestPaths.binary)\n\(pasted)\n"
        )
        let key = try Command.tool("sh", file).succeeded()
        #expect(key.output.hasPrefix("slk_"))
    }

    @Test func `the suggested next command has the flags that were given, and no others`() throws {
        let configuration = try folder.write("it's.json", "{}")
        let database = "sqlite:\(folder.file("my data.db"))"
        let flags = ["--database", database, "--config", configuration]
        let created = try Command(TestPaths.binary, ["organisation", "create", "A"] + flags).succeeded().errors
        let config = configuration.replacing("'", with: #"'\''"#)
        let command = "  sendlog key create --organisation 'A' --permission sendLog"
        #expect(created.hasSuffix("\(command) --database '\(database)' --config '\(config)'\n"), "\(created)")
        let environment = ["SENDLOG_DATABASE": database, "SENDLOG_CONFIG": configuration]
        let second = try Command(TestPaths.binary, ["organisation", "create", "B"], environment: environment)
        #expect(try second.succeeded().errors.hasSuffix("\(command.replacing("'A'", with: "'B'"))\n"), "\(second)")
    }

    @Test func `create with a permission also creates a key, and prints only the key`() throws {
        let granted = ["--permission", "sendLog.read", "--permission", "campaign"]
        let arguments = ["organisation", "create", "Example"] + granted
        let created = try Command(TestPaths.binary, arguments + ["--database", "sqlite:\(folder.file("test.sqlite"))"])
            .succeeded()
        #expect(created.output.wholeMatch(of: /slk_[0-9A-Za-z]{38}\n/) != nil)
        #expect(created.errors.contains("\"Example\"") && created.errors.contains("key_1"))
        let keys = try sendlog("key", "list", "--organisation", "Example", "--json").succeeded().output
        let rows = try JSON(parsing: keys.utf8).elements
        #expect(rows.map { $0["permissions"] } == [["sendLog.read", "campaign"]])
    }

    @Test func `create with an unknown permission creates no organisation`() throws {
        let refused = try sendlog("organisation", "create", "Example", "--permission", "read")
        #expect(refused.exit == .code(64))
        #expect(refused.errors.contains("'read' is invalid for '--permission"))
        #expect(refused.errors.contains("sendLog.read"))
        #expect(refused.output.isEmpty)
        #expect(try sendlog("organisation", "list").errors.contains("does not exist"))
    }

    @Test func `an empty list is reported on standard error`() throws {
        // A server creates its database without organisations.
        let server = try Server()
        let list = try server.command("organisation", "list")
        #expect(list.exit == .code(0))
        #expect(list.output.isEmpty)
        #expect(list.errors.contains("no organisations"))
        #expect(try server.stop() == .code(0))
    }

    @Test func `a duplicate name is refused`() throws {
        _ = try sendlog("organisation", "create", "Example").succeeded()
        let again = try sendlog("organisation", "create", "Example")
        #expect(again.exit == .code(1))
        #expect(again.output.isEmpty)
        #expect(again.errors == "Error: an organisation named \"Example\" already exists\n")
    }

    @Test(arguments: ["", " ", " a", "a ", "a\nb", "\u{1b}[31m", String(repeating: "a", count: 101)])
    func `an invalid name is refused`(name: String) throws {
        let created = try sendlog("organisation", "create", name)
        #expect(created.exit == .code(64))
        #expect(created.errors.contains("it must be 1 to 100 characters long"))
        #expect(!created.errors.contains("\u{1b}"), "control characters are escaped")
        #expect(try sendlog("organisation", "list").errors.contains("does not exist"))
    }

    @Test func `set changes the calling code, and list shows it`() throws {
        for name in ["A", "B"] { _ = try sendlog("organisation", "create", name).succeeded() }
        func codes() throws -> [String?] {
            let list = try sendlog("organisation", "list", "--json").succeeded().output
            return try JSON(parsing: list.utf8).elements.map(\.["callingCode"].string)
        }
        #expect(try codes() == [nil, nil])
        let set = try sendlog("organisation", "set", "A", "--calling-code", "27").succeeded()
        #expect(set.output.isEmpty && set.errors == "Set the calling code of \"A\" to 27.\n")
        #expect(try codes() == ["27", nil])
        let lines = try sendlog("organisation", "list").succeeded().lines
        #expect(lines[0].hasSuffix("CALLING CODE") && lines[1].hasSuffix(" 27") && lines[2].hasSuffix(" none"))
        _ = try sendlog("organisation", "set", "A", "--calling-code", "+49").succeeded()
        #expect(try codes() == ["49", nil])
        for code in ["0", "++27", "+", "2727", "", "south"] {
            let refused = try sendlog("organisation", "set", "A", "--calling-code", code)
            #expect(refused.exit == .code(64) && refused.output.isEmpty, "\(refused)")
            #expect(refused.errors.contains("--calling-code"), "\(refused)")
            #expect(refused.errors.contains("it must be 1 to 3 digits, the first of which is not 0, or none"))
        }
        #expect(try codes() == ["49", nil])
        _ = try sendlog("organisation", "set", "A", "--calling-code", "none").succeeded()
        #expect(try codes() == [nil, nil])
        let unknown = try sendlog("organisation", "set", "AB", "--calling-code", "27")
        #expect(unknown.exit == .code(1) && unknown.errors.contains("organisation \"AB\" does not exist"), "\(unknown)")
    }

    @Test func `the environment can name the database, and the flag overrides it`() throws {
        let other = "sqlite:\(folder.file("other.sqlite"))"
        let environment = ["SENDLOG_DATABASE": other]
        _ = try Command.sendlog("organisation", "create", "There", environment: environment).succeeded()
        _ = try sendlog("organisation", "create", "Here", environment: environment).succeeded()
        #expect(
            try Command.sendlog("organisation", "list", environment: environment).succeeded().output.contains("There")
        )
        #expect(try !sendlog("organisation", "list").succeeded().output.contains("There"))
    }
}
