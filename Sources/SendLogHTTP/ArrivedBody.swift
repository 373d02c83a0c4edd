import NIOCore

/// The parts of a request body that arrived since the last read.
struct ArrivedBody: Sendable {
    var pieces: [ByteBuffer] = []
    /// Whether the body ends after these parts.
    var isComplete = false
}
