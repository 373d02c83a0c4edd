/// A byte-by-byte validator of UTF-8, by the table of well-formed sequences in the Unicode Standard, chapter 3.9.
struct UTF8Validator: Sendable {
    private var left = 0
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xbf

    /// Whether the last character is complete.
    var isAtBoundary: Bool { left == 0 }

    /// Checks the next byte; returns `false` if it is invalid at this position.
    mutating func accept(_ byte: UInt8) -> Bool {
        if left > 0 {
            guard (lowest...highest).contains(byte) else { return false }
            left -= 1
            (lowest, highest) = (0x80, 0xbf)
            return true
        }
        switch byte {
        case ..<0x80: return true
        case 0xc2...0xdf: left = 1
        case 0xe0: (left, lowest) = (2, 0xa0)
        case 0xed: (left, highest) = (2, 0x9f)
        case 0xe1...0xef: left = 2
        case 0xf0: (left, lowest) = (3, 0x90)
        case 0xf4: (left, highest) = (3, 0x8f)
        case 0xf1...0xf3: left = 3
        default: return false
        }
        return true
    }
}
