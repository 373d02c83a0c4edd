import CMalloc
import Foundation

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How memory is got from the system and given back.
enum Memory {
    /// Keeps what answers and batches need from one to the next.
    ///
    /// By itself glibc gets buffers of their size from the system each time, page by page, and gives them back at once: a tenth of the time of
    /// an answer of some hundred kilobytes (<https://man7.org/linux/man-pages/man3/mallopt.3.html>).
    static func keepForReuse() {
        #if canImport(Glibc)
        mallopt(M_MMAP_THRESHOLD, 8 << 20)
        mallopt(M_TRIM_THRESHOLD, 8 << 20)
        // Each thread would have a heap of its own, with its own unused memory.
        mallopt(M_ARENA_MAX, Int32(max(2, ProcessInfo.processInfo.activeProcessorCount)))
        #endif
    }

    /// Above how many bytes unused memory is worth the time of returning it.
    private static let maxUnused = 64 << 20

    /// Returns memory to the system that a peak left behind; to be called now and then.
    ///
    /// glibc returns by itself only what lies at the end of a heap (<https://man7.org/linux/man-pages/man3/malloc_trim.3.html>).
    static func returnUnused() {
        #if canImport(Glibc)
        let info = mallinfo2()
        guard let resident, resident - Int(info.uordblks + info.hblkhd) > maxUnused else { return }
        malloc_trim(0)
        #endif
    }

    /// The process's own memory in bytes, without mapped files.
    private static var resident: Int? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        // Pages: size, resident, shared (https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html).
        let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ").map { Int($0) ?? 0 }
        return fields.count > 2 ? (fields[1] - fields[2]) * sysconf(Int32(_SC_PAGESIZE)) : nil
    }
}
