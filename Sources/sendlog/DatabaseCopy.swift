import ArgumentParser
import SendLogContent
import SendLogCore
import SendLogServer

/// Copies all data from one database to another.
struct DatabaseCopy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy organisations, keys and send logs from one database to another, and verify the copy.",
        discussion: """
            Run the command again to continue an interrupted copy, or to copy what the source has recorded since. To migrate: copy while \
            the server runs, stop the server, copy once more, and start the server with the new database.

            Do not write a password on the command line: libpq reads it from PGPASSWORD or ~/.pgpass.
            """
    )

    @Argument(help: "The source database: sqlite: and the path of a file, or postgres://USER@HOST/NAME.")
    var from: String

    @Argument(
        help:
            "The target database. A missing SQLite file is created, and so are missing tables in a PostgreSQL database."
    )
    var to: String

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        try await Terminal.explainingFailures {
            let sources = try options.sources()
            let source = try DatabaseLocation(from, named: "FROM", sources)
            let target = try DatabaseLocation(to, named: "TO", sources)
            guard !source.isSame(as: target) else {
                throw ValidationError("FROM and TO are the same database, \(source)")
            }
            // Long lists are spooled to files.
            OpenFiles.raiseLimit()
            let old = try Self.open(source)
            defer { old.close() }
            let new = try target.open { Terminal.say("Created \($0) \(target).") }
            defer { new.close() }
            let report = try await Self.copy(from: old, to: new, spoolFolder: target.spoolFolder)
            for (name, newName) in report.renumberedKeys {
                Terminal.say("\(name) was renumbered to \(newName) in \(target).")
            }
            try Terminal.result(
                "copied \(report.sends) send logs and \(report.keys) keys; verified \(report.verified) send logs and "
                    + "\(report.destinations) destinations of \(report.organisations) organisations"
            )
        }
    }

    private static func open(_ source: DatabaseLocation) throws -> any Store {
        do throws(StoreSetupError) {
            return try source.open(createIfMissing: false)
        } catch {
            throw CommandFailure("FROM: \(error)\(error.isMissing ? "; FROM is the source and TO is the target" : "")")
        }
    }

    private static func copy(
        from source: any Store,
        to target: any Store,
        spoolFolder: String
    ) async throws -> SendLogCopy.Report {
        var copying = Progress(of: "copied", unit: .sends)
        var verifying = Progress(of: "compared", unit: .sends)
        defer { verifying.end() }
        return try await SendLogCopy(from: source, to: target, spoolFolder: spoolFolder).run { stage, done, total in
            switch stage {
            case .copying: copying.advance(to: done, of: total)
            case .verifying: verifying.advance(to: done, of: total)
            }
        }
    }
}
