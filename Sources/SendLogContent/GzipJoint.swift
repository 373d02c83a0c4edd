public import SendLogCore

/// Joins text and stored chunks into one gzip member (<https://www.rfc-editor.org/rfc/rfc1952>) without compressing anything again.
///
/// Chunks go in as they are stored, text between them as stored blocks (<https://www.rfc-editor.org/rfc/rfc1951#page-11>).
public struct GzipJoint: Sendable {
    private var crc: UInt32 = 0
    private var length = 0

    private static let mostInBlock = 65_535

    /// What the member begins with: no name, no time.
    public static let head: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]

    /// Starts an empty member.
    public init() {}

    /// A whole member that holds a text, compressed.
    public static func packed(_ text: [UInt8]) -> [UInt8] {
        var joint = GzipJoint()
        (joint.crc, joint.length) = (Deflate.crc(text), text.count)
        return head + Deflate.compress(text) + joint.tail
    }

    /// The blocks that hold a text.
    public mutating func stored(_ text: [UInt8]) -> [UInt8] {
        crc = Deflate.join(crc, Deflate.crc(text), length: text.count)
        length += text.count
        var blocks: [UInt8] = []
        blocks.reserveCapacity(text.count + 5 * (text.count / Self.mostInBlock + 1))
        var place = 0
        while place < text.count {
            let size = min(text.count - place, Self.mostInBlock)
            let (low, high) = (UInt8(size & 0xff), UInt8(size >> 8))
            blocks.append(contentsOf: [0, low, high, ~low, ~high])
            blocks.append(contentsOf: text[place..<place + size])
            place += size
        }
        return blocks
    }

    /// Notes that a chunk's body comes next.
    public mutating func join(_ chunk: LentChunk) {
        crc = Deflate.join(crc, chunk.crc, length: chunk.length)
        length += chunk.length
    }

    /// What the member ends with: an empty last block, the checksum and the length.
    public var tail: [UInt8] {
        var bytes: [UInt8] = [1, 0, 0, 0xff, 0xff]
        for number in [crc, UInt32(truncatingIfNeeded: length)] {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
