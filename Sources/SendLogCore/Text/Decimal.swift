/// Appends integers in decimal digits to a buffer.
extension [UInt8] {
    /// Appends an integer in decimal digits.
    public mutating func appendDecimal(_ value: some FixedWidthInteger) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = UInt64(value.magnitude)
        var divisor: UInt64 = 1
        while rest / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(rest / divisor))
            rest %= divisor
            divisor /= 10
        }
    }

    /// Appends the last digits of a number from 0, with leading zeros.
    public mutating func appendDecimal(_ value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}

extension Int {
    /// Returns the last digits of a number from 0, with leading zeros.
    public func decimal(digits: Int) -> String {
        var bytes: [UInt8] = []
        bytes.appendDecimal(self, digits: digits)
        return String(decoding: bytes, as: UTF8.self)
    }
}
