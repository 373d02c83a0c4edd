import Foundation
import SendLogCore

/// Compares the age of the last recorded backup with a limit.
enum LastBackupCheck {
    /// Returns the findings about the backups of a database.
    ///
    /// - Parameters:
    ///   - database: the database
    ///   - maxAge: the largest age in days; 0 for no check
    ///   - now: the current time
    /// - Returns: the findings.
    static func findings(of database: DatabaseLocation, maxAge: Int, at now: Timestamp) -> [DoctorFinding] {
        if maxAge == 0 { return [] }
        guard let record = database.backupRecord else {
            return [
                DoctorFinding(
                    .lastBackup,
                    .note,
                    "the age of the last backup of \(database) is unknown: it is a PostgreSQL database",
                    advice: "make sure that pg_dump or continuous archiving runs, and that a backup can be restored"
                )
            ]
        }
        // A database that does not exist is a finding of its own.
        if database.filePath.map({ FileManager.default.fileExists(atPath: $0) }) == false { return [] }
        do throws(StoreSetupError) {
            return finding(try record.entries().last, of: "\(database)", maxAge: maxAge, at: now).map { [$0] } ?? []
        } catch {
            let advice = "run sendlog doctor as the user that runs the server"
            return [DoctorFinding(.lastBackup, .warning, "\(error)", advice: advice)]
        }
    }

    /// Returns the finding about the last backup; `nil` if it is recent.
    static func finding(
        _ last: BackupRecord.Entry?,
        of database: String,
        maxAge: Int,
        at now: Timestamp
    ) -> DoctorFinding? {
        let backUp =
            "run sendlog database backup every day, and keep the backups on another machine; "
            + "if another program makes them, pass --max-backup-age 0"
        guard let last else {
            return DoctorFinding(.lastBackup, .warning, "no backup of \(database) is recorded", advice: backUp)
        }
        let age = now.milliseconds - last.at.milliseconds
        if age < -StoredTime.tolerance {
            let message = "the last backup of \(database), \(last.file), is recorded with a future time, \(last.at)"
            return DoctorFinding(.clock, .warning, message, advice: ClockCheck.advice)
        }
        let days = age / Day.milliseconds
        guard days >= Int64(maxAge) else { return nil }
        let message = "the last backup of \(database), \(last.file), was made \(days) days ago"
        return DoctorFinding(.lastBackup, .warning, message, advice: backUp)
    }
}
