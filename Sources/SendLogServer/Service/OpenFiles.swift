import Foundation

/// The limit of open files of the process, which include connections.
public enum OpenFiles {
    /// Raises the limit to the maximum that the system allows, because many systems start with 1,024.
    ///
    /// - Returns: the limit; `nil` if there is none, or if it is not known.
    @discardableResult public static func raiseLimit() -> Int? {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return nil }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
        return Self.limit
    }

    /// The limit; `nil` if there is none, or if it is not known.
    static var limit: Int? {
        var limit = rlimit()
        return getrlimit(resource, &limit) == 0 ? Int(exactly: limit.rlim_cur) : nil
    }

    /// The number of open files; `nil` if it is not known.
    static var count: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Without the folder itself, `.` and `..`.
        return max(0, count - 3)
    }

    /// The largest number of files that are reserved for the database, webhooks and all else but connections.
    static let reserve = 512

    /// Returns the number of connections that fit into the limit.
    ///
    /// - Parameters:
    ///   - requested: the configured number of connections
    ///   - limit: the limit of open files; `nil` for no limit
    /// - Returns: the configured number, or a lower one that reserves a quarter of the files, at most ``reserve``.
    public static func connections(_ requested: Int, within limit: Int?) -> Int {
        guard let limit else { return requested }
        return min(requested, max(1, limit - min(limit / 4, reserve)))
    }

    #if canImport(Glibc)
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
    private static let resource = RLIMIT_NOFILE
    #endif
}
