import ArgumentParser
import SendLogServer

/// Spreads a database over the nodes of a Citus cluster.
struct DatabaseDistribute: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distribute",
        abstract: "Spread a PostgreSQL database over the nodes of its Citus cluster.",
        discussion: """
            Says what it would do; with --yes it does it. What was done already is left as it is, so that it can be repeated. Stop \
            the servers first: rows that are there move to their nodes, and until the last step requests may fail.
            """
    )

    @Option(help: ArgumentHelp("Into how many pieces; fixed once it is done.", valueName: "count"))
    var shards = 32

    @Flag(help: "Do it.")
    var yes = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard (1...1024).contains(shards) else {
            throw ValidationError("--shards must be from 1 to 1024, not \(shards)")
        }
    }

    func run() async throws {
        try await Terminal.explainingFailures {
            let location = try DatabaseLocation(try await database.sources())
            try await location.distribute(shards: shards, isDone: yes) { step in
                Terminal.say(step)
            }
            try Terminal.result(yes ? "done" : "nothing was done; --yes does it")
        }
    }
}
