import Foundation
import SendLogCore

/// Finds files of the database that other users can read or write, and such a configuration file.
///
/// Every new file has the mode 0600. Earlier versions created files that all users could read.
enum FileModesCheck {
    /// Returns the findings about the files beside a database, its recorded backups, and the folders of both kinds of files.
    static func findings(of database: DatabaseLocation) -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        for path in files(of: database) {
            if let mode = mode(of: path), let finding = fileFinding(path, mode: mode) { findings.append(finding) }
        }
        var folders = [("spool folder", database.spoolFolder)]
        if let path = database.filePath {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            folders.insert(("database's folder", folder), at: 0)
        }
        var seen: Set<String> = []
        for (what, path) in folders where seen.insert(DatabaseLocation.fullPath(path)).inserted {
            if let mode = mode(of: path), let finding = folderFinding(what, path, mode: mode) {
                findings.append(finding)
            }
        }
        let failure = access(database.spoolFolder, W_OK | X_OK) == 0 ? nil : errno
        if let finding = failure.map({ spoolFolderFinding(database.spoolFolder, $0) }) { findings.append(finding) }
        return findings
    }

    /// Returns the finding about a spool folder that this process cannot write to.
    ///
    /// - Parameters:
    ///   - path: the folder
    ///   - failure: the reason, as in `errno`
    /// - Returns: the finding.
    static func spoolFolderFinding(_ path: String, _ failure: Int32) -> DoctorFinding {
        DoctorFinding(
            .fileModes,
            .problem,
            "the spool folder \(path) cannot be written: \(String(cString: strerror(failure)))",
            advice: "let the server's user write to it, or set recording.spoolFolder; until then, long lists get 503"
        )
    }

    /// Returns the finding about a configuration file; `nil` if it has a safe mode, or if there is no such file.
    static func configurationFinding(_ path: String) -> DoctorFinding? {
        mode(of: path).flatMap { configurationFinding(path, mode: $0) }
    }

    /// Returns the finding about a configuration file; `nil` if other users cannot read it and only its owner can write it.
    ///
    /// The group may read it: the package's file belongs to root and to the group of the server.
    static func configurationFinding(_ path: String, mode: mode_t) -> DoctorFinding? {
        let isRead = mode & S_IROTH != 0
        guard isRead || mode & (S_IWGRP | S_IWOTH) != 0 else { return nil }
        let verb = mode & (S_IWGRP | S_IWOTH) == 0 ? "read" : isRead ? "read and written" : "written"
        let users = mode & 0o6 == 0 ? "its group" : "other users"
        return DoctorFinding(
            .fileModes,
            .warning,
            "the configuration file \(path), which can have a password, can be \(verb) by \(users) "
                + "(mode \(octal(mode)))",
            advice:
                "run chmod g-w,o-rw \(ShellText.word(path)); the server's user, or its group, must be able to read it"
        )
    }

    /// Returns the finding about a file; `nil` if only its owner can read and write it.
    static func fileFinding(_ path: String, mode: mode_t) -> DoctorFinding? {
        let (group, others) = (mode >> 3 & 0o6, mode & 0o6)
        let access = group | others
        guard access != 0 else { return nil }
        let verb = access == 0o6 ? "read and written" : access == 0o4 ? "read" : "written"
        let users = others == 0 ? "its group" : "other users"
        return DoctorFinding(
            .fileModes,
            .warning,
            "\(path) can be \(verb) by \(users) (mode \(octal(mode)))",
            advice: "run chmod 600 \(ShellText.word(path))"
        )
    }

    /// Returns the finding about a folder; `nil` if other users cannot replace files in it.
    static func folderFinding(_ what: String, _ path: String, mode: mode_t) -> DoctorFinding? {
        guard mode & S_IWOTH != 0, mode & S_ISVTX == 0 else { return nil }
        return DoctorFinding(
            .fileModes,
            .warning,
            "the \(what) \(path) can be written by other users (mode \(octal(mode)))",
            advice: "run chmod o-w \(ShellText.word(path))"
        )
    }

    /// The files with data: the database's, those that restoring has set aside, and the recorded backups.
    private static func files(of database: DatabaseLocation) -> [String] {
        guard let path = database.filePath, let record = database.backupRecord else { return [] }
        let folder = folder(of: path)
        let prefix = path.dropFirst(folder.count) + ".replaced-"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let aside = names.filter { $0.hasPrefix(prefix) }.sorted().map { folder + $0 }
        let backups = ((try? record.entries()) ?? []).map(\.file)
        var seen: Set<String> = []
        return (["", "-wal", "-shm", "-journal", BackupRecord.suffix].map { path + $0 } + aside + backups)
            .filter { seen.insert($0).inserted }
    }

    /// Returns the folder of a full path, with a slash at its end.
    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// Returns the mode of a file; `nil` if there is none.
    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode : nil
    }

    private static func octal(_ mode: mode_t) -> String { String(mode & 0o7777, radix: 8) }
}
