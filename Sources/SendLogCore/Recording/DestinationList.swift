/// A piece of a list of destinations as it is kept.
public struct DestinationChunk: Equatable, Sendable {
    /// How many destinations it holds, at least one.
    public let count: Int
    /// The length of its text in bytes.
    public let length: Int
    /// The CRC-32 of its text (<https://www.rfc-editor.org/rfc/rfc1952#section-8>).
    public let crc: UInt32
    /// Its text in raw DEFLATE, ended by a full flush, so that chunks can be joined byte by byte into one stream.
    ///
    /// The texts of all chunks of a list, joined, are the inside of its JSON array.
    public let body: [UInt8]

    /// Makes a chunk of its parts.
    public init(count: Int, length: Int, crc: UInt32, body: [UInt8]) {
        self.count = count
        self.length = length
        self.crc = crc
        self.body = body
    }
}

/// A stored chunk, lent for the time of a call; see ``DestinationChunk``.
public struct LentChunk {
    /// How many destinations it holds.
    public let count: Int
    /// The length of its text in bytes, as the store has it.
    public let length: Int
    /// The CRC-32 of its text.
    public let crc: UInt32
    /// Its text in raw DEFLATE.
    public let body: UnsafeRawBufferPointer

    /// Lends a chunk of its parts.
    public init(count: Int, length: Int, crc: UInt32, body: UnsafeRawBufferPointer) {
        self.count = count
        self.length = length
        self.crc = crc
        self.body = body
    }

    /// The chunk, to be kept.
    public var copy: DestinationChunk { DestinationChunk(count: count, length: length, crc: crc, body: Array(body)) }
}

/// A whole list of destinations, cut, compressed and ready to be recorded.
public struct DestinationList: Sendable {
    /// The most destinations that one send log may have.
    public static let most = 5_000_000
    /// The longest destination in characters.
    public static let longest = 320

    /// How many destinations it holds.
    public let count: Int
    /// SHA-256 of the inside of the JSON array: 32 bytes.
    public let digest: [UInt8]
    private let parts: Parts

    private enum Parts: Sendable {
        case inMemory([DestinationChunk])
        case spooled(any DestinationSpool)
    }

    /// What it weighs while it waits to be recorded: its bytes in memory, or what an open file stands for.
    public var weight: Int {
        switch parts {
        case .inMemory(let chunks): chunks.reduce(0) { $0 + $1.body.count }
        case .spooled: 64 * 1024
        }
    }

    /// Whether it waits outside memory.
    public var isSpooled: Bool { if case .spooled = parts { true } else { false } }

    /// A list small enough to be held in memory.
    public init(count: Int, digest: [UInt8], chunks: [DestinationChunk]) {
        self.count = count
        self.digest = digest
        parts = .inMemory(chunks)
    }

    /// A list that waits outside memory.
    public init(count: Int, digest: [UInt8], spool: any DestinationSpool) {
        self.count = count
        self.digest = digest
        parts = .spooled(spool)
    }

    /// Hands over the chunks in order, one in memory at a time; may be called again.
    ///
    /// - Throws: what `body` throws, or what went wrong in reading a spool back.
    public func forEachChunk(_ body: (DestinationChunk) throws -> Void) throws {
        switch parts {
        case .inMemory(let chunks): try chunks.forEach(body)
        case .spooled(let spool): try spool.forEachChunk(body)
        }
    }
}

/// Keeps the chunks of a long list outside memory until they are recorded.
public protocol DestinationSpool: Sendable {
    /// Hands over the chunks in order; may be called again.
    ///
    /// - Throws: what `body` throws, or what went wrong in reading.
    func forEachChunk(_ body: (DestinationChunk) throws -> Void) throws
}
