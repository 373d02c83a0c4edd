import Foundation

/// Finds file systems that are nearly full.
enum FreeSpaceCheck {
    /// The free space below which a file system is nearly full, in bytes, and as a share of its size: 1 GiB, a tenth.
    private static let low: (bytes: UInt64, share: UInt64) = (1 << 30, 10)
    /// The free space below which the next long list may not fit, in bytes: 128 MiB.
    private static let critical: UInt64 = 128 << 20

    /// Returns the findings about the file systems of a database and of its spool folder.
    static func findings(of database: DatabaseLocation) -> [DoctorFinding] {
        var folders = [("the spool folder", database.spoolFolder)]
        if let path = database.filePath {
            folders.insert(("the database", URL(fileURLWithPath: path).deletingLastPathComponent().path), at: 0)
        }
        var seen: Set<UInt64> = []
        return folders.compactMap { what, folder in
            var (status, system) = (stat(), statvfs())
            guard stat(folder, &status) == 0, statvfs(folder, &system) == 0,
                seen.insert(UInt64(status.st_dev)).inserted
            else { return nil }
            // The space that is not reserved for root.
            let (unit, total) = (UInt64(system.f_frsize), UInt64(system.f_blocks))
            let free = UInt64(system.f_bavail).multipliedReportingOverflow(by: unit)
            let size = total.multipliedReportingOverflow(by: unit)
            if free.overflow || size.overflow { return nil }
            return finding(what, in: folder, free: free.partialValue, of: size.partialValue)
        }
    }

    /// Compares the free space of a file system with the limits.
    ///
    /// - Parameters:
    ///   - what: what is in the folder
    ///   - folder: a folder of the file system
    ///   - free: the free space, in bytes
    ///   - size: the size of the file system, in bytes
    /// - Returns: the finding; `nil` if there is enough free space.
    static func finding(_ what: String, in folder: String, free: UInt64, of size: UInt64) -> DoctorFinding? {
        guard size > 0, free < low.bytes || free < size / low.share else { return nil }
        let percent = free.multipliedReportingOverflow(by: 100)
        let share = percent.overflow ? "" : " (\(percent.partialValue / size) %)"
        return DoctorFinding(
            .freeSpace,
            free < critical ? .problem : .warning,
            "the file system of \(what), \(folder), has \(text(free)) left\(share)",
            advice: "delete what is not needed, or enlarge it: when it is full, nothing can be recorded"
        )
    }

    /// Returns a number of bytes in MiB or GiB, rounded down.
    static func text(_ bytes: UInt64) -> String {
        bytes < low.bytes ? "\(bytes >> 20) MiB" : "\(bytes >> 30).\((bytes >> 20) % 1024 * 10 / 1024) GiB"
    }
}
