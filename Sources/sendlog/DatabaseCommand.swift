import ArgumentParser
import SendLogCore
import SendLogServer
import Synchronization

/// Checks, backs up, copies and distributes the database.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database",
        abstract: "Check, back up, copy or distribute the database.",
        subcommands: [Check.self, Backup.self, DatabaseCopy.self, DatabaseDistribute.self]
    )

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the consistency of the database.",
            discussion: """
                Compares counters and the number of send logs with full counts, and digests and checksums with the contents. \
                Prints ok, or one line per finding; with findings the exit code is 1.
                """
        )

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore { store, _ in
                let progress = Mutex(Progress(of: "checked", unit: .sends))
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
                For SQLite. To restore a backup, stop the server and replace the database file with the backup. For PostgreSQL, use its \
                own programs, such as pg_dump.
                """
        )

        @Argument(help: "The file to write; it must not exist.", completion: .file(), transform: Self.path)
        var file: String

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore { store, _ in
                try await store.backUp(to: file)
                Terminal.say("Wrote \(file).")
            }
        }

        /// Parses the path of a file, which may follow `sqlite:` as in the location of a database.
        private static func path(_ text: String) throws -> String {
            let scheme = DatabaseLocation.scheme
            let path = text.hasPrefix(scheme) ? text.dropFirst(scheme.count) : text[...]
            guard !path.isEmpty, !["postgres:", "postgresql:"].contains(where: path.hasPrefix) else {
                throw ValidationError("it must be the path of a file; for PostgreSQL, use pg_dump")
            }
            return String(path)
        }
    }
}
