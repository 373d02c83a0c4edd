/// A search for one recipient.
///
/// Without a calling code, a number with one leading 0 also matches international numbers that end in its remaining
/// digits, and the other way round. Such a match is doubtful, and not transitive: `0831234567` matches `27831234567` and
/// `49831234567`, which are two recipients.
public struct RecipientQuery: Hashable, Sendable {
    /// The normal form of the recipient.
    public let key: RecipientKey
    /// The calling code of numbers with one leading 0, for the keys to compare with as well.
    public let callingCode: CallingCode?

    /// How a key matches.
    public enum Match: Sendable {
        /// The same recipient.
        case exact
        /// The same recipient if the number without a calling code belongs to the other's country.
        case doubtful
        /// Another recipient.
        case none
    }

    /// The minimum number of digits that two numbers must have in common for a doubtful match.
    private static let minDigits = 8

    /// Creates a query.
    ///
    /// - Parameters:
    ///   - recipient: the recipient in any notation
    ///   - callingCode: the calling code of numbers with one leading 0
    public init(_ recipient: some StringProtocol, callingCode: CallingCode? = nil) {
        key = RecipientKey(recipient, callingCode: callingCode)
        self.callingCode = callingCode
    }

    /// Returns how a key, made with the same calling code, matches.
    public func matches(_ key: RecipientKey) -> Match {
        if key == self.key { return .exact }
        guard callingCode == nil else { return .none }
        return Self.fits(key, national: self.key) || Self.fits(self.key, national: key) ? .doubtful : .none
    }

    /// The normal forms that match: the key, and the doubtful forms, the most likely first.
    ///
    /// `…831234567` stands for any international number that ends in these digits.
    public var searched: [String] {
        let text = key.text
        guard callingCode == nil, text.utf8.count <= NumberDigits.lengths.upperBound,
            text.utf8.allSatisfy(\.isASCIIDigit)
        else { return [text] }
        if NumberDigits.hasOneLeadingZero(text.utf8) {
            return text.utf8.count > Self.minDigits ? [text, "…\(text.dropFirst())"] : [text]
        }
        return text.utf8.first == UInt8(ascii: "0") ? [text] : [text] + Self.nationalForms(of: text)
    }

    /// Returns the numbers with one leading 0 that an international number matches.
    private static func nationalForms(of number: String) -> [String] {
        let maxLength = min(number.utf8.count, NumberDigits.lengths.upperBound - 1)
        guard maxLength >= minDigits else { return [] }
        let likely = number.utf8.count - CallingCode.length(atStartOf: number)
        return (minDigits...maxLength)
            .sorted { (abs($0 - likely), $0) < (abs($1 - likely), $1) }
            .map { "0\(number.suffix($0))" }
            .filter { NumberDigits.hasOneLeadingZero($0.utf8) }
    }

    /// Returns whether a key is an international number that ends in the digits after another key's one leading 0.
    private static func fits(_ international: RecipientKey, national: RecipientKey) -> Bool {
        let (number, other) = (international.text.utf8, national.text.utf8)
        guard other.first == UInt8(ascii: "0"), number.first != UInt8(ascii: "0") else { return false }
        let rest = other.dropFirst()
        return rest.count >= minDigits && rest.first != UInt8(ascii: "0")
            && other.count <= NumberDigits.lengths.upperBound
            && (rest.count...NumberDigits.lengths.upperBound).contains(number.count)
            && number.suffix(rest.count).elementsEqual(rest) && number.allSatisfy(\.isASCIIDigit)
    }
}
