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

    /// The least number of bits that ``window`` has.
    private static let windowBits = 57

    /// The next 57 bits or more at the top, followed by zeros after the end.
    @inline(__always) private var window: UInt64 {
        let (byte, bit) = (position >> 3, UInt64(position & 7))
        if byte + 8 <= bytes.count {
            return UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: byte, as: UInt64.self)) &<< bit
        }
        return lastWindow
    }

    private var lastWindow: UInt64 {
        let (byte, bit) = (position >> 3, UInt64(position & 7))
        var window: UInt64 = 0
        for index in byte..<byte + 8 { window = window << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0) }
        return window << bit
    }

    @inline(__always) private mutating func advance(by count: Int) throws(StoreError) {
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
    @inline(__always) mutating func next(rice parameter: Int) throws(StoreError) -> UInt64 {
        let window = window
        let zeros = window.leadingZeroBitCount
        // Nearly all numbers are in one window.
        guard parameter > 0, zeros + 1 + parameter <= Self.windowBits else { return try nextLong(rice: parameter) }
        try advance(by: zeros + 1 + parameter)
        return UInt64(zeros) &<< UInt64(parameter) | (window &<< UInt64(zeros + 1)) &>> UInt64(64 - parameter)
    }

    private mutating func nextLong(rice parameter: Int) throws(StoreError) -> UInt64 {
        let quotient = try nextUnary()
        let remainder = try next(bits: parameter)
        guard parameter == 0 || quotient <= UInt64.max >> UInt64(parameter) else { throw Self.damaged }
        return quotient << UInt64(parameter) | remainder
    }

    /// Reads a number in Elias' gamma code of the number plus one.
    @inline(__always) mutating func nextGamma() throws(StoreError) -> UInt64 {
        if window >> 63 == 1 {
            try advance(by: 1)
            return 0
        }
        return try nextLongGamma()
    }

    private mutating func nextLongGamma() throws(StoreError) -> UInt64 {
        let length = try nextUnary()
        guard length < 64 else { throw Self.damaged }
        return (1 << length | (try next(bits: Int(length)))) - 1
    }
}
