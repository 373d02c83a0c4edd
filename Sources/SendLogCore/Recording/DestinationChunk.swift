/// A chunk of a destination list, as the store keeps it.
public struct DestinationChunk: Equatable, Sendable {
    /// The number of destinations, at least one.
    public let count: Int
    /// The length of the uncompressed text in bytes.
    public let length: Int
    /// The CRC-32 of the uncompressed text (<https://www.rfc-editor.org/rfc/rfc1952#section-8>).
    public let crc: UInt32
    /// The text in raw DEFLATE, ended by a full flush, so that the bodies of chunks can be concatenated.
    ///
    /// The concatenated texts of a list's chunks are the content of its JSON array, without the brackets.
    public let body: [UInt8]

    /// Creates a chunk from its parts.
    public init(count: Int, length: Int, crc: UInt32, body: [UInt8]) {
        (self.count, self.length, self.crc, self.body) = (count, length, crc, body)
    }
}

/// A stored chunk whose body is valid only during the call that passes it; see ``DestinationChunk``.
public struct BorrowedChunk {
    /// The number of destinations.
    public let count: Int
    /// The length of the uncompressed text in bytes, as stored.
    public let length: Int
    /// The CRC-32 of the uncompressed text.
    public let crc: UInt32
    /// The text in raw DEFLATE.
    public let body: UnsafeRawBufferPointer

    /// Creates a borrowed chunk from its parts.
    public init(count: Int, length: Int, crc: UInt32, body: UnsafeRawBufferPointer) {
        (self.count, self.length, self.crc, self.body) = (count, length, crc, body)
    }

    /// A copy of the chunk that outlives the call.
    public var copy: DestinationChunk { DestinationChunk(count: count, length: length, crc: crc, body: Array(body)) }
}
