/// The rules of the digits of telephone numbers.
enum NumberDigits {
    /// How many digits a telephone number can have.
    ///
    /// At most 15 by E.164, calling code included; the shortest that reach mobile phones have 7. Shorter ones are short
    /// codes, which have no calling code.
    static let lengths = 7...15

    /// The maximum number of digits with which a number is written: 15, and an international prefix of four.
    static let maxWrittenLength = 19

    /// Returns whether digits begin with exactly one 0, as numbers within a country do.
    static func hasOneLeadingZero(_ digits: some Collection<UInt8>) -> Bool {
        digits.first == UInt8(ascii: "0") && digits.dropFirst().first != UInt8(ascii: "0")
    }
}
