/// A search for the end of plain text, eight bytes at a time
/// (<https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>).
package enum PlainBytes {
    /// Returns the offset of the first byte that is not printable ASCII or that JSON escapes; otherwise the count.
    @inline(__always)
    package static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var offset = start
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return offset }
        while offset + 8 <= bytes.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let stops =
                word & highs | less(word, 0x20) | zero(word ^ quotes) | zero(word ^ slashes) | zero(word ^ deletes)
            if stops != 0 { return offset + stops.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < bytes.count, isPlain(bytes[offset]) { offset += 1 }
        return offset
    }

    /// Returns the offset of the first byte that JSON escapes; the count if there is none.
    @inline(__always)
    static func endOfUnescaped(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var offset = start
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return offset }
        while offset + 8 <= bytes.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let stops = less(word, 0x20) | zero(word ^ quotes) | zero(word ^ slashes)
            if stops != 0 { return offset + stops.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < bytes.count, !isEscaped(bytes[offset]) { offset += 1 }
        return offset
    }

    @inline(__always)
    package static func isPlain(_ byte: UInt8) -> Bool { byte < 0x7f && !isEscaped(byte) }

    @inline(__always)
    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080
    private static let quotes = ones * UInt64(UInt8(ascii: "\""))
    private static let slashes = ones * UInt64(UInt8(ascii: "\\"))
    private static let deletes = ones * 0x7f

    /// Returns a word whose lowest set bit is the highest bit of the first zero byte; ignore the bits above it.
    @inline(__always)
    private static func zero(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }

    /// Returns the same for the first byte less than `number`, which is at most 128.
    @inline(__always)
    private static func less(_ word: UInt64, _ number: UInt64) -> UInt64 { (word &- ones &* number) & ~word & highs }
}
