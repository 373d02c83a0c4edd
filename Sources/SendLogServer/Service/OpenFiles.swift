#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How many files, connections among them, the process may have open.
public enum OpenFiles {
    /// Raises the limit to the greatest that the system allows the process: many systems begin with 1,024.
    ///
    /// - Returns: the limit; `nil` where there is none, or the system does not tell.
    @discardableResult public static func allowAll() -> Int? {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return nil }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
        guard getrlimit(resource, &limit) == 0 else { return nil }
        return Int(exactly: limit.rlim_cur)
    }

    /// How many connections there may be.
    ///
    /// - Parameters:
    ///   - wanted: how many are wanted
    ///   - limit: how many files may be open; `nil` for any number
    /// - Returns: the wanted number, or as many as leave a quarter of the files, at most 512, for the database, webhooks and the
    ///   rest.
    public static func connections(_ wanted: Int, within limit: Int?) -> Int {
        guard let limit else { return wanted }
        return min(wanted, max(1, limit - min(limit / 4, 512)))
    }

    #if canImport(Glibc)
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
    private static let resource = RLIMIT_NOFILE
    #endif
}
