#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How many files, connections among them, the process may have open.
public enum OpenFiles {
    /// Raises the limit to the greatest that the system allows the process: many systems begin with 1,024.
    public static func allowAll() {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
    }

    #if canImport(Glibc)
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
    private static let resource = RLIMIT_NOFILE
    #endif
}
