import ArgumentParser
import SendLogServer

/// Shows the settings in force.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show the settings in force, and where each comes from.",
        discussion: """
            Give the flags, the variables and the file that the server gets. The settings are those that sendlog serve would use with \
            them. Secrets in the location of the database are shown as ***.
            """
    )

    @Flag(help: "Print a JSON array.")
    var json = false

    @OptionGroup var options: ServerOptions

    func run() async throws {
        try await Terminal.explainingFailures {
            let settings = try SettingInForce.all(try options.sources())
            if json { return try Terminal.json(settings) }
            try Terminal.table(
                ["SETTING", "VALUE", "SOURCE"],
                settings.map { [$0.key, "\($0.value)".isEmpty ? "none" : "\($0.value)", $0.origin] }
            )
        }
    }
}
