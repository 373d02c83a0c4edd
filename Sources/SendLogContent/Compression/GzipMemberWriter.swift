public import SendLogCore

/// A writer that joins text and stored chunks into one gzip member (<https://www.rfc-editor.org/rfc/rfc1952>) without
/// recompression.
///
/// Chunks are written as they are stored, and the text between them as stored blocks
/// (<https://www.rfc-editor.org/rfc/rfc1951#page-11>).
public struct GzipMemberWriter: Sendable {
    private var crc: UInt32 = 0
    private var length = 0

    private static let maxBlockLength = 65_535

    /// The gzip header, without a file name and without a time.
    public static let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]

    /// Creates an empty member.
    public init() {}

    /// Returns a whole member with the compressed text.
    public static func compressed(_ text: [UInt8]) -> [UInt8] {
        var writer = GzipMemberWriter()
        (writer.crc, writer.length) = (Deflate.crc(text), text.count)
        return header + Deflate.compress(text) + writer.trailer
    }

    /// Returns the text as stored blocks, and adds it to the checksum and the length.
    public mutating func stored(_ text: [UInt8]) -> [UInt8] {
        crc = Deflate.combine(crc, Deflate.crc(text), length: text.count)
        length += text.count
        var blocks: [UInt8] = []
        blocks.reserveCapacity(text.count + 5 * (text.count / Self.maxBlockLength + 1))
        var offset = 0
        while offset < text.count {
            let size = min(text.count - offset, Self.maxBlockLength)
            let (low, high) = (UInt8(size & 0xff), UInt8(size >> 8))
            blocks.append(contentsOf: [0, low, high, ~low, ~high])
            blocks.append(contentsOf: text[offset..<offset + size])
            offset += size
        }
        return blocks
    }

    /// Adds a chunk to the checksum and the length; the caller writes the chunk's body.
    public mutating func append(_ chunk: BorrowedChunk) {
        crc = Deflate.combine(crc, chunk.crc, length: chunk.length)
        length += chunk.length
    }

    /// The end of the member: an empty final block, and the gzip trailer with checksum and length.
    public var trailer: [UInt8] {
        var bytes: [UInt8] = [1, 0, 0, 0xff, 0xff]
        for number in [crc, UInt32(truncatingIfNeeded: length)] {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
