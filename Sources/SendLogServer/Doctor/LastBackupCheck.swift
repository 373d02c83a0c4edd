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
            let entries = try record.entries()
            let present = entries.last { !isGone($0.file) }
            // A backup that was moved away may be safe, but no one can tell from here.
            let gone = entries.last.flatMap { $0 == present ? nil : $0 }
            return finding(present, gone: gone, of: "\(database)", maxAge: maxAge, at: now).map { [$0] } ?? []
        } catch {
            let advice = "run sendlog doctor as the user that runs the server"
            return [DoctorFinding(.lastBackup, .warning, "\(error)", advice: advice)]
        }
    }

    /// Returns whether there is no file at a path; false if that is not known.
    private static func isGone(_ path: String) -> Bool { access(path, F_OK) != 0 && [ENOENT, ENOTDIR].contains(errno) }

    /// Returns the finding about the last backup; `nil` if it is recent.
    ///
    /// - Parameters:
    ///   - last: the last backup whose file exists; `nil` if there is none
    ///   - gone: a later one whose file does not exist
    ///   - database: the database
    ///   - maxAge: the largest age in days
    ///   - now: the current time
    /// - Returns: the finding.
    static func finding(
        _ last: BackupRecord.Entry?,
        gone: BackupRecord.Entry? = nil,
        of database: String,
        maxAge: Int,
        at now: Timestamp
    ) -> DoctorFinding? {
        let backUp =
            "run sendlog database backup every day, and keep the backups on another machine; "
            + "if another program makes them, or moves them away, pass --max-backup-age 0"
        guard let last else {
            let message =
                gone.map { "the last backup of \(database), \($0.file), is not there any more" }
                ?? "no backup of \(database) is recorded"
            return DoctorFinding(.lastBackup, .warning, message, advice: backUp)
        }
        let age = now.milliseconds - last.at.milliseconds
        if age < -StoredTime.tolerance {
            let message = "the last backup of \(database), \(last.file), is recorded with a future time, \(last.at)"
            return DoctorFinding(.clock, .warning, message, advice: ClockCheck.advice)
        }
        let days = age / Day.milliseconds
        guard days >= Int64(maxAge) else { return nil }
        let message =
            "the last backup of \(database), \(last.file), was made \(days) days ago"
            + (gone.map { "; a later one, \($0.file), is not there any more" } ?? "")
        return DoctorFinding(.lastBackup, .warning, message, advice: backUp)
    }
}
