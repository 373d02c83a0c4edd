import Synchronization

/// A cache of rendered HTML, emptied when it is full.
///
/// Entries do not expire: a key must contain all inputs of its text.
final class HTMLCache<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var texts: [Key: [UInt8]] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())
    /// The size in bytes above which the cache is emptied.
    private let maxBytes: Int

    /// Creates a cache.
    ///
    /// - Parameter maxBytes: the approximate maximum size in bytes
    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    subscript(key: Key) -> [UInt8]? { state.withLock { $0.texts[key] } }

    func insert(_ html: [UInt8], for key: Key) {
        // 1000 bytes are an estimate for the key.
        let bytes = html.count + 1000
        state.withLock { state in
            if state.bytes + bytes > maxBytes { state = State() }
            if state.texts.updateValue(html, forKey: key) == nil { state.bytes += bytes }
        }
    }
}
