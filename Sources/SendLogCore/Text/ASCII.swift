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
    /// Whether the byte is a space, a tab, CR or LF: the white space of JSON and of header lines.
    @inlinable public var isASCIIWhiteSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }
    /// The byte, with the letters `A` to `Z` in lower case.
    @inlinable public var lowercasedASCII: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }
}

extension BidirectionalCollection<UInt8> {
    /// The bytes without ASCII white space at their ends.
    @inlinable public var trimmedASCIIWhiteSpace: SubSequence {
        let start = drop(while: \.isASCIIWhiteSpace)
        return start[..<(start.lastIndex { !$0.isASCIIWhiteSpace }.map(start.index(after:)) ?? start.startIndex)]
    }
}
