/// Converts between hexadecimal digits and their values.
extension UInt8 {
    /// The value of a hexadecimal digit in lower case; `nil` for any other byte.
    @inlinable public var lowercaseHexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// The value of a hexadecimal digit in either case; `nil` for any other byte.
    @inlinable public var hexDigitValue: UInt8? {
        lowercaseHexDigitValue ?? (isASCIILetter ? (self | 0x20).lowercaseHexDigitValue : nil)
    }

    /// Returns the hexadecimal digit of a value from 0 to 15.
    @inlinable
    public static func hexDigit(_ value: UInt8, isUppercase: Bool = false) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: isUppercase ? "A" : "a") + value - 10
    }
}

extension [UInt8] {
    /// Appends the last digits of a value in lower-case hexadecimal, with leading zeros.
    public mutating func appendHex(_ value: UInt64, digits: Int) {
        for index in (0..<digits).reversed() {
            append(.hexDigit(UInt8(truncatingIfNeeded: value >> UInt64(index * 4)) & 0xf))
        }
    }

    /// The bytes in lower-case hexadecimal, two digits each.
    public var hex: String {
        String(unsafeUninitializedCapacity: count * 2) { digits in
            for index in indices {
                digits[index * 2] = .hexDigit(self[index] >> 4)
                digits[index * 2 + 1] = .hexDigit(self[index] & 0xf)
            }
            return count * 2
        }
    }
}
