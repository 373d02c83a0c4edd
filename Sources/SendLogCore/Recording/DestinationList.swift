/// A complete destination list, split into compressed chunks and ready to be recorded.
public struct DestinationList: Sendable {
    /// The largest number of destinations of one send log.
    public static let maxCount = 5_000_000
    /// The maximum length of a destination in characters (Unicode scalars).
    public static let maxLength = 320

    /// The number of destinations.
    public let count: Int
    /// The SHA-256 of the JSON array's content, without the brackets, 32 bytes.
    public let digest: [UInt8]
    private let parts: Parts

    private enum Parts: Sendable {
        case inMemory([DestinationChunk])
        case spooled(any DestinationSpool)
    }

    /// The cost of the list while it waits, in bytes: its size in memory, or 64 KiB for an open spool file.
    public var weight: Int {
        switch parts {
        case .inMemory(let chunks): chunks.reduce(0) { $0 + $1.body.count }
        case .spooled: 64 * 1024
        }
    }

    /// Whether the chunks are in a spool outside memory.
    public var isSpooled: Bool { if case .spooled = parts { true } else { false } }

    /// Creates a list whose chunks are in memory.
    public init(count: Int, digest: [UInt8], chunks: [DestinationChunk]) {
        (self.count, self.digest, parts) = (count, digest, .inMemory(chunks))
    }

    /// Creates a list whose chunks are in a spool outside memory.
    public init(count: Int, digest: [UInt8], spool: any DestinationSpool) {
        (self.count, self.digest, parts) = (count, digest, .spooled(spool))
    }

    /// Returns the problem of a destination; `nil` if it is valid.
    public static func fault(of destination: String) -> String? {
        let scalars = destination.unicodeScalars
        if scalars.isEmpty { return "must not be empty" }
        if scalars.count > maxLength { return "must be at most \(maxLength) characters long" }
        let hasControl = scalars.contains { $0.properties.generalCategory == .control }
        return hasControl ? "must not contain control characters" : nil
    }

    /// Passes each chunk in order to a closure, with one spooled chunk in memory at a time; can be called again.
    ///
    /// - Throws: the errors of `body`, and errors of reading the spool.
    public func forEachChunk(_ body: (DestinationChunk) throws -> Void) throws {
        switch parts {
        case .inMemory(let chunks): try chunks.forEach(body)
        case .spooled(let spool): try spool.forEachChunk(body)
        }
    }
}

/// A spool: the storage of a long list's chunks outside memory until they are recorded.
public protocol DestinationSpool: Sendable {
    /// Passes each chunk in order to a closure; can be called again.
    ///
    /// - Throws: the errors of `body`, and errors of reading the spool.
    func forEachChunk(_ body: (DestinationChunk) throws -> Void) throws
}
