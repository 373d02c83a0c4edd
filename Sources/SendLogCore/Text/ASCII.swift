/// Classes of ASCII characters, for bytes of UTF-8.
extension UInt8 {
    /// Whether the byte is a digit, `0` to `9`.
    @inlinable public var isASCIIDigit: Bool { (0x30...0x39).contains(self) }

    /// Whether the byte is a letter, `A` to `Z` or `a` to `z`.
    @inlinable public var isASCIILetter: Bool { (0x61...0x7a).contains(self | 0x20) }

    /// Whether the byte is a letter or a digit.
    @inlinable public var isASCIIAlphanumeric: Bool { isASCIIDigit || isASCIILetter }

    /// Whether the byte is a printable character, without the space.
    @inlinable public var isVisibleASCII: Bool { (0x21...0x7e).contains(self) }
}
