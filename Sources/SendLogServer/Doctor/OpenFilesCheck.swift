import Foundation
import SendLogSQLite

/// Compares the limit of open files with the number of connections that the server may have.
enum OpenFilesCheck {
    /// A limit of open files, and the process that has it.
    struct Limit: Equatable {
        /// The number of files; `nil` for no limit.
        let files: Int?
        /// The process that has the database open; `nil` for this process, whose limit the server may not have.
        let process: Int32?
    }

    /// Returns the limit of the process that has the database open, or of this one.
    ///
    /// Call it before this process opens the database.
    static func limit(for database: DatabaseLocation) -> Limit {
        let user = database.filePath.flatMap { DatabaseUser.process(using: $0) }
        if let user, let text = try? String(contentsOfFile: "/proc/\(user)/limits", encoding: .utf8),
            let files = files(in: text)
        {
            return Limit(files: files.hard, process: user)
        }
        return Limit(files: OpenFiles.raiseLimit(), process: nil)
    }

    /// Parses `/proc/PID/limits`; `nil` if it has no limit of open files.
    ///
    /// The hard limit counts, because the server raises its limit to it.
    static func files(in text: String) -> (soft: Int?, hard: Int?)? {
        let name = "Max open files"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        let values = line.dropFirst(name.count).split(separator: " ")
        return values.count < 2 ? nil : (Int(values[0]), Int(values[1]))
    }

    /// Returns the finding about the limit; `nil` if all connections fit.
    static func finding(maxConnections: Int, _ limit: Limit) -> DoctorFinding? {
        let fitting = OpenFiles.connections(maxConnections, within: limit.files)
        guard fitting < maxConnections, let files = limit.files else { return nil }
        let owner = limit.process.map { "process \($0), which has the database open," } ?? "this process"
        let enough = "enough for \(fitting) of \(maxConnections) connections (http.maxConnections)"
        return DoctorFinding(
            .openFiles,
            .warning,
            "\(owner) can open \(files) files, \(enough)",
            advice: "raise the server's limit (LimitNOFILE in a unit of systemd) to "
                + "\(maxConnections + OpenFiles.reserve) or more, or lower http.maxConnections"
        )
    }
}
