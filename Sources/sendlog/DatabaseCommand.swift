import ArgumentParser
import SendLogCore
import SendLogServer
import Synchronization

/// Checks, backs up, restores, copies, reindexes and distributes the database.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database",
        abstract: "Check, back up, restore, copy, reindex or distribute the database.",
        subcommands: [
            Check.self, Backup.self, DatabaseRestore.self, DatabaseCopy.self, DatabaseReindex.self,
            DatabaseDistribute.self,
        ]
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
                For SQLite. sendlog database restore restores the backup. For PostgreSQL, use its own programs, such as pg_dump.
                """
        )

        @Argument(help: "The file to write; it must not exist.", completion: .file(), transform: BackupFile.path)
        var file: String

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore { store, location in
                let time = ServiceClock.now()
                try await store.backUp(to: file)
                Terminal.say("Wrote \(file).")
                do throws(StoreSetupError) { try location.recordBackup(file, at: time) } catch {
                    Terminal.say("Warning: the backup is not recorded, so sendlog doctor does not know it: \(error)")
                }
            }
        }
    }
}
