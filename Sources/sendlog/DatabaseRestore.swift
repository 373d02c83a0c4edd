import ArgumentParser
import SendLogServer
import Synchronization

/// Replaces the database with a backup.
struct DatabaseRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Replace the database with a backup.",
        discussion: """
            For SQLite. Checks the backup as sendlog database check does, sets the files of the database aside, and puts a copy of the \
            backup in their stead. The server must not be running. A backup that is damaged is not restored, and a failure leaves the \
            database as it is. For PostgreSQL, use its own programs, such as pg_restore.
            """
    )

    @Argument(help: "The backup to restore.", completion: .file(), transform: BackupFile.path)
    var backup: String

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await Terminal.explainingFailures {
            let location = try DatabaseLocation(try database.sources())
            let progress = Mutex(Progress(of: "checked", unit: .sends))
            // The time as in 20260302T101500Z.
            let time = "\(ServiceClock.now())".filter { $0.isNumber || $0.isLetter || $0 == "." }.split(separator: ".")[
                0
            ]
            let aside = try await location.restore(backup, settingAsideWith: ".replaced-\(time)Z") { done, total in
                progress.withLock { $0.advance(to: done, of: total) }
            }
            progress.withLock { $0.end() }
            if let aside { Terminal.say("Set the previous database aside as \(aside).") }
            Terminal.say("Restored \(location) from \(backup).")
        }
    }
}
