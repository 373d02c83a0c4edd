import ArgumentParser
import SendLogCore
import SendLogServer
import Synchronization

/// Checks, backs up, copies and spreads the database.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database",
        abstract: "Check, back up, copy or spread the database.",
        subcommands: [Check.self, Backup.self, DatabaseCopy.self, DatabaseDistribute.self]
    )

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare all that is stored with all that can be computed from it.",
            discussion: """
                Counters are compared with a full count, places in the order of recording with an unbroken row, digests and checksums with \
                the contents. Prints ok, or what is wrong, and then the exit code is 1.
                """
        )

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore { store, _ in
                let progress = Mutex(Progress(of: "checked", total: nil, unit: .sends))
                let findings = try await store.check { done, total in
                    progress.withLock { $0.advance(to: done, of: total) }
                }
                progress.withLock { $0.end() }
                for finding in findings { try Terminal.result(finding) }
                if !findings.isEmpty { throw ExitCode.failure }
                try Terminal.result("ok")
            }
        }
    }

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a complete copy of the database to a new file.",
            discussion: """
                For SQLite; to restore it, stop the server and put the copy in the database's place. PostgreSQL is backed up with its own \
                programs, such as pg_dump.
                """
        )

        @Argument(help: "The file to write; it must not exist.", completion: .file())
        var file: String

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore { store, _ in
                try await store.backUp(to: file)
                Terminal.say("Wrote \(file).")
            }
        }
    }
}
