/// Finds the end of plain text eight bytes at a time (<https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>).
enum PlainBytes {
    /// Where the first byte stands that is not printable ASCII or that JSON escapes; behind the end if there is none.
    @inline(__always)
    static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var place = start
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return place }
        while place + 8 <= bytes.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let stops =
                word & highs | less(word, 0x20) | zero(word ^ quotes) | zero(word ^ slashes) | zero(word ^ deletes)
            if stops != 0 { return place + stops.trailingZeroBitCount / 8 }
            place += 8
        }
        while place < bytes.count, isPlain(bytes[place]) { place += 1 }
        return place
    }

    /// Where the first byte stands that JSON escapes; behind the end if there is none.
    @inline(__always)
    static func endOfUnescaped(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var place = start
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return place }
        while place + 8 <= bytes.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let stops = less(word, 0x20) | zero(word ^ quotes) | zero(word ^ slashes)
            if stops != 0 { return place + stops.trailingZeroBitCount / 8 }
            place += 8
        }
        while place < bytes.count, !isEscaped(bytes[place]) { place += 1 }
        return place
    }

    @inline(__always)
    static func isPlain(_ byte: UInt8) -> Bool { byte < 0x7f && !isEscaped(byte) }

    @inline(__always)
    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080
    private static let quotes = ones * UInt64(UInt8(ascii: "\""))
    private static let slashes = ones * UInt64(UInt8(ascii: "\\"))
    private static let deletes = ones * 0x7f

    /// The highest bit of the lowest byte that is zero; what stands above it means nothing.
    @inline(__always)
    private static func zero(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }

    /// The same of bytes that are less than a number of at most 128.
    @inline(__always)
    private static func less(_ word: UInt64, _ number: UInt64) -> UInt64 { (word &- ones &* number) & ~word & highs }
}
