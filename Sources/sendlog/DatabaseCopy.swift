import ArgumentParser
import SendLogContent
import SendLogCore
import SendLogServer

/// Moves everything from one database to another.
struct DatabaseCopy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy organisations, keys and send logs from one database to another, and compare both.",
        discussion: """
            A copy that broke off goes on where it stopped when it is run again; so does one whose source went on recording. To move: copy \
            while the server runs, stop it, copy once more, and start it on the new database.

            A password is best left out of the command line: libpq finds it in PGPASSWORD or ~/.pgpass.
            """
    )

    @Argument(help: "Where everything is: sqlite: and the path of a file, or postgres://USER@HOST/NAME.")
    var from: String

    @Argument(
        help:
            "Where it is to be. A SQLite file is made where it is not there, and so are the tables in a PostgreSQL database."
    )
    var to: String

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        try await Terminal.explainingFailures {
            let sources = try await options.sources()
            let source = try DatabaseLocation(from, named: "FROM", sources)
            let target = try DatabaseLocation(to, named: "TO", sources)
            guard !source.isSame(as: target) else {
                throw CommandFailure("FROM and TO are the same database, \(source)")
            }
            // Long lists wait in files.
            OpenFiles.allowAll()
            let old = try Self.open(source)
            defer { old.close() }
            let new = try target.open()
            defer { new.close() }
            let report = try await Self.copy(from: old, to: new, spoolFolder: target.spoolFolder)
            for (name, newName) in report.renamed { Terminal.say("\(name) is \(newName) in \(target).") }
            try Terminal.result(
                "copied \(report.sends) send logs and \(report.keys) keys; organisations: \(report.organisations), whose "
                    + "\(report.verified) send logs and \(report.destinations) destinations have the same digests on both sides"
            )
        }
    }

    private static func open(_ source: DatabaseLocation) throws -> any Store {
        do throws(StoreRefusal) {
            return try source.open(making: false)
        } catch {
            throw CommandFailure("FROM: \(error)\(error.isMissing ? "; are FROM and TO in this order?" : "")")
        }
    }

    private static func copy(
        from source: any Store,
        to target: any Store,
        spoolFolder: String
    ) async throws -> SendLogCopy.Report {
        var copying = Progress(of: "copied", total: nil, unit: .sends)
        var verifying = Progress(of: "compared", total: nil, unit: .sends)
        defer { verifying.end() }
        return try await SendLogCopy(from: source, to: target, spoolFolder: spoolFolder).run { stage, done, total in
            switch stage {
            case .copying: copying.advance(to: done, of: total)
            case .verifying: verifying.advance(to: done, of: total)
            }
        }
    }
}
