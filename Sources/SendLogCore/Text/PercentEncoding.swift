/// Appends percent-encoded text to URLs.
extension [UInt8] {
    /// Appends bytes; those that `keeps` rejects become `%XX` (<https://www.rfc-editor.org/rfc/rfc3986#section-2.1>).
    public mutating func appendPercentEncoded(_ text: some Sequence<UInt8>, keeping keeps: (UInt8) -> Bool) {
        for byte in text {
            if keeps(byte) {
                append(byte)
            } else {
                append(UInt8(ascii: "%"))
                append(.hexDigit(byte >> 4, isUppercase: true))
                append(.hexDigit(byte & 0xf, isUppercase: true))
            }
        }
    }
}

extension UInt8 {
    /// Whether the byte is an unreserved character of a URL (<https://www.rfc-editor.org/rfc/rfc3986#section-2.3>).
    public var isUnreserved: Bool { isASCIIAlphanumeric || "-._~".utf8.contains(self) }
}
