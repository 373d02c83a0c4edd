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
        guard getrlimit(resource, &limit) == 0 else { return nil }
        return Int(exactly: limit.rlim_cur)
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
