import CMalloc
import Foundation

/// Controls how the allocator gets memory from the system and returns it.
package enum Memory {
    /// Keeps freed memory for later responses and batches; call it before the process starts its first thread.
    ///
    /// By default glibc maps a buffer of their size from the system for each use, page by page, and unmaps it at once.
    /// That takes a tenth of the time of a response of some hundred kilobytes
    /// (<https://man7.org/linux/man-pages/man3/mallopt.3.html>).
    package static func keepForReuse() {
        #if canImport(Glibc)
        mallopt(M_MMAP_THRESHOLD, 8 << 20)
        mallopt(M_TRIM_THRESHOLD, 8 << 20)
        // By default each thread may have its own heap with its own unused memory. The first thread fixes the number.
        mallopt(M_ARENA_MAX, Int32(max(2, ProcessInfo.processInfo.activeProcessorCount)))
        #endif
    }

    /// The amount of unused memory above which it is returned, in bytes; less is not worth the time.
    private static let maxUnused = 64 << 20

    /// Returns unused memory to the system after a peak; call it periodically.
    ///
    /// glibc by itself returns only memory at the end of a heap
    /// (<https://man7.org/linux/man-pages/man3/malloc_trim.3.html>).
    static func returnUnused() {
        #if canImport(Glibc)
        let info = mallinfo2()
        let used = Int(info.uordblks + info.hblkhd)
        guard let resident = resident?.anonymous, resident - used > maxUnused else { return }
        malloc_trim(0)
        #endif
    }

    /// The resident memory of the process in bytes: all of it, and without mapped files; `nil` if it is not known.
    static var resident: (total: Int, anonymous: Int)? {
        // Pages: size, resident, shared (https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html).
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ").map { Int($0) ?? 0 }
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        return fields.count > 2 ? (fields[1] * pageSize, (fields[1] - fields[2]) * pageSize) : nil
    }
}
