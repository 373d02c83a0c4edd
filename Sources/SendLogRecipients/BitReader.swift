import SendLogCore

/// Reads what ``BitWriter`` wrote, and checks each bound: the bytes come from the database.
struct BitReader {
    private let bytes: UnsafeRawBufferPointer
    /// The position of the next bit.
    private var position = 0
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        (self.bytes, end) = (bytes, bytes.count * 8)
    }

    static let damaged = StoreError.corrupted(detail: "a bucket of the recipient index is damaged")

    /// The next 57 bits or more at the top, followed by zeros after the end.
    private var window: UInt64 {
        let (byte, bit) = (position >> 3, UInt64(position & 7))
        if byte + 8 <= bytes.count {
            return UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: byte, as: UInt64.self)) << bit
        }
        var window: UInt64 = 0
        for index in byte..<byte + 8 { window = window << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0) }
        return window << bit
    }

    private mutating func advance(by count: Int) throws(StoreError) {
        position += count
        if position > end { throw Self.damaged }
    }

    /// Reads a number of at most 64 bits.
    mutating func next(bits count: Int) throws(StoreError) -> UInt64 {
        if count == 0 { return 0 }
        if count > 32 {
            let high = try next(bits: count - 32)
            return high << 32 | (try next(bits: 32))
        }
        let value = window >> UInt64(64 - count)
        try advance(by: count)
        return value
    }

    /// Reads a number in unary.
    mutating func nextUnary() throws(StoreError) -> UInt64 {
        var value: UInt64 = 0
        while true {
            let zeros = min(window.leadingZeroBitCount, 56)
            if zeros < 56 {
                try advance(by: zeros + 1)
                return value + UInt64(zeros)
            }
            try advance(by: 56)
            value += 56
        }
    }

    /// Reads a number in Rice's code.
    mutating func next(rice parameter: Int) throws(StoreError) -> UInt64 {
        let quotient = try nextUnary()
        let remainder = try next(bits: parameter)
        guard parameter == 0 || quotient <= UInt64.max >> UInt64(parameter) else { throw Self.damaged }
        return quotient << UInt64(parameter) | remainder
    }

    /// Reads a number in Elias' gamma code of the number plus one.
    mutating func nextGamma() throws(StoreError) -> UInt64 {
        let length = try nextUnary()
        guard length < 64 else { throw Self.damaged }
        return (1 << length | (try next(bits: Int(length)))) - 1
    }
}
