import Synchronization

/// Keeps HTML that would come out the same again, in bounded memory.
final class KeptHTML<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var texts: [Key: [UInt8]] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())
    /// Above how many bytes all are forgotten.
    private let most: Int

    /// Keeps about so many bytes at most.
    init(most: Int) {
        self.most = most
    }

    subscript(key: Key) -> [UInt8]? { state.withLock { $0.texts[key] } }

    func keep(_ html: [UInt8], for key: Key) {
        // What the key takes is small beside it, but not nothing.
        let bytes = html.count + 1000
        state.withLock { state in
            if state.bytes + bytes > most { state = State() }
            if state.texts.updateValue(html, forKey: key) == nil { state.bytes += bytes }
        }
    }
}
