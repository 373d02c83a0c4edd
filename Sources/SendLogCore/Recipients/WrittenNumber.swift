/// The digits of a telephone number in any notation: `+27 (0)82 123-4567`, `0027821234567`, `082/123 45 67`.
struct WrittenNumber {
    /// The digits in ASCII, without separators, without a plus sign, and without a `(0)` after a calling code.
    private(set) var digits: [UInt8] = []

    /// The maximum number of digits that are read: more than any number with its prefixes has.
    private static let maxDigits = 24

    /// Reads a text.
    ///
    /// - Returns: `nil` if the text has no digits, too many of them, or a character that no number has, such as a letter.
    init?(_ text: some Sequence<Unicode.Scalar>) {
        var opening: Int?
        for scalar in text {
            switch NumberCharacter(scalar) {
            case .digit(let digit):
                guard digits.count < Self.maxDigits else { return nil }
                digits.append(digit)
            case .plus:
                // A plus sign between digits begins another number.
                guard digits.isEmpty else { return nil }
            case .openingBracket:
                opening = digits.count
            case .closingBracket:
                if let begin = opening, digits.count == begin + 1, digits[begin] == UInt8(ascii: "0"),
                    Self.isCallingCode(digits[..<begin])
                {
                    digits.removeLast()
                }
                opening = nil
            case .separator: break
            case .other: return nil
            }
        }
        if digits.isEmpty { return nil }
    }

    /// Returns the digits of the number's normal form.
    ///
    /// The plus sign needs no rule: without it, a number that does not begin with 0 means the same, and no calling code
    /// begins with 0.
    ///
    /// - Parameter callingCode: the calling code of numbers with one leading 0; without it, they stay as they are
    /// - Returns: `nil` if there are more digits than a telephone number with its prefixes has.
    func normalForm(callingCode: CallingCode?) -> [UInt8]? {
        var form = digits
        form.removeFirst(internationalPrefixLength(callingCode))
        callingCode?.makeInternational(&form)
        return form.count <= NumberDigits.maxWrittenLength ? form : nil
    }

    /// Returns the length of `00`, or of the country's own prefix, before an international number; 0 if there is none.
    ///
    /// No international number begins with 11, so that `0011` is the prefix of Australia, also without a calling code.
    private func internationalPrefixLength(_ callingCode: CallingCode?) -> Int {
        let zeros = digits.starts(with: "00".utf8) && !digits.starts(with: "0011".utf8) ? 2 : 0
        for length in [callingCode?.exitPrefixLength(in: digits) ?? 0, zeros] where length > 0 {
            let number = digits.dropFirst(length)
            if NumberDigits.lengths.contains(number.count), number.first != UInt8(ascii: "0") { return length }
        }
        return 0
    }

    /// Returns whether digits are a calling code, perhaps after `00`.
    private static func isCallingCode(_ digits: ArraySlice<UInt8>) -> Bool {
        let code = digits.starts(with: "00".utf8) ? digits.dropFirst(2) : digits
        return (1...3).contains(code.count) && code.first != UInt8(ascii: "0")
    }
}
