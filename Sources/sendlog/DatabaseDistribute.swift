import ArgumentParser
import SendLogServer

/// Distributes a database over the nodes of a Citus cluster.
struct DatabaseDistribute: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distribute",
        abstract: "Distribute a PostgreSQL database over the nodes of its Citus cluster.",
        discussion: """
            Prints the steps as a dry run; pass --yes to apply them. Steps that are already done are skipped, so the command can be \
            repeated. Stop the servers first: existing rows move to their nodes, and requests may fail until the last step.
            """
    )

    @Option(help: ArgumentHelp("The number of shards; it cannot be changed later.", valueName: "count"))
    var shards = 32

    @Flag(help: "Apply the steps.")
    var yes = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard (1...1024).contains(shards) else {
            throw ValidationError("--shards must be from 1 to 1024, not \(shards)")
        }
    }

    func run() async throws {
        try await Terminal.explainingFailures {
            let location = try DatabaseLocation(try database.sources())
            try await location.distribute(shards: shards, apply: yes) { Terminal.say($0) }
            try Terminal.result(yes ? "done" : "dry run; pass --yes to apply")
        }
    }
}
