import CMalloc

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
        #endif
    }
}
