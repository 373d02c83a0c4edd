/// Writes numbers of any number of bits, the most significant bit first.
struct BitWriter {
    private var bytes: [UInt8] = []
    /// The bits that are not in ``bytes`` yet, fewer than 32, at the top.
    private var pending: UInt64 = 0
    private var pendingCount = 0

    init() { bytes.reserveCapacity(2048) }

    /// Appends the lowest bits of a number, at most 64.
    mutating func append(_ value: UInt64, bits count: Int) {
        if count > 32 {
            append(value >> 32, bits: count - 32)
            append(value & 0xffff_ffff, bits: 32)
            return
        }
        if count == 0 { return }
        let value = value & (UInt64.max &>> UInt64(64 - count))
        pending |= value &<< UInt64(64 - pendingCount - count)
        pendingCount += count
        guard pendingCount >= 32 else { return }
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: pending &>> 32).bigEndian) { bytes.append(contentsOf: $0) }
        pending &<<= 32
        pendingCount -= 32
    }

    /// Appends a number in unary: as many zeros, and a one.
    mutating func append(unary value: UInt64) {
        var left = value
        while left >= 32 {
            append(0, bits: 32)
            left -= 32
        }
        append(1, bits: Int(left) + 1)
    }

    /// Appends a number in Golomb's code for a power of two, also called Rice's code: the quotient in unary, and the
    /// remainder of `parameter` bits (<https://doi.org/10.1109/TIT.1966.1053907>).
    mutating func append(_ value: UInt64, rice parameter: Int) {
        let quotient = value >> UInt64(parameter)
        if quotient < 16, parameter <= 16 {
            append(1 &<< UInt64(parameter) | value & (1 &<< UInt64(parameter) - 1), bits: Int(quotient) + 1 + parameter)
            return
        }
        append(unary: quotient)
        append(value, bits: parameter)
    }

    /// Appends a number in Elias' gamma code of the number plus one (<https://doi.org/10.1109/TIT.1975.1055349>).
    ///
    /// - Parameter value: less than 2⁶⁴ − 1
    mutating func append(gamma value: UInt64) {
        let number = value &+ 1
        let length = 64 - number.leadingZeroBitCount
        append(unary: UInt64(length - 1))
        append(number, bits: length - 1)
    }

    /// Fills the last byte with zeros.
    ///
    /// - Returns: all bytes.
    mutating func finish() -> [UInt8] {
        while pendingCount > 0 {
            bytes.append(UInt8(truncatingIfNeeded: pending >> 56))
            pending <<= 8
            pendingCount -= 8
        }
        return bytes
    }
}
