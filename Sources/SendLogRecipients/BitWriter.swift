/// Writes numbers of any number of bits, the most significant bit first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    /// The bits that are not in ``bytes`` yet, at the top.
    private var pending: UInt64 = 0
    private var pendingCount = 0

    /// Appends the lowest bits of a number, at most 64.
    mutating func append(_ value: UInt64, bits count: Int) {
        if count > 32 {
            append(value >> 32, bits: count - 32)
            append(value & 0xffff_ffff, bits: 32)
            return
        }
        if count == 0 { return }
        // At most 7 bits are pending, so that 32 more fit.
        let value = value & (UInt64.max >> UInt64(64 - count))
        pending |= value << UInt64(64 - pendingCount - count)
        pendingCount += count
        while pendingCount >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: pending >> 56))
            pending <<= 8
            pendingCount -= 8
        }
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
        append(unary: value >> UInt64(parameter))
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
    consuming func finish() -> [UInt8] {
        if pendingCount > 0 { bytes.append(UInt8(truncatingIfNeeded: pending >> 56)) }
        return bytes
    }
}
