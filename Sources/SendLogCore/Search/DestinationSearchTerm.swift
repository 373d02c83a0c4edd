/// A search term for the destinations of one send: a recipient in any notation, or a part of a destination.
///
/// A part of a telephone number matches in any notation too: `+27 82 1` and `082 1` match `27821234567`. The case of the
/// letters A to Z does not matter.
public struct DestinationSearchTerm: Sendable {
    /// The term as a whole recipient.
    public let query: RecipientQuery
    /// The texts of which a destination must contain one: the term without a URI scheme, and its digits.
    public let parts: [String]

    private let text: [UInt8]
    /// The digits of a telephone number without leading zeros; empty if the term is no number, or too short.
    private let digits: [UInt8]

    /// How a destination matches a search term.
    public enum Match: Sendable {
        /// The destination is the recipient.
        case recipient
        /// The destination is the recipient if the number without a calling code belongs to the other's country.
        case doubtful
        /// The destination contains the term.
        case part
    }

    /// The minimum number of digits that are searched for in numbers of any notation.
    private static let minDigits = 3

    /// Creates a search term.
    ///
    /// - Parameters:
    ///   - text: the text that a user entered
    ///   - callingCode: the calling code of numbers with one leading 0
    public init(_ text: String, callingCode: CallingCode? = nil) {
        query = RecipientQuery(text, callingCode: callingCode)
        let address = RecipientText(text).address
        let number = WrittenNumber(address.unicodeScalars)?.digits ?? []
        let digits = Array(number.drop { $0 == UInt8(ascii: "0") })
        self.digits = digits.count >= Self.minDigits ? digits : []
        self.text = address.utf8.map(\.lowercasedASCII)
        let plain = String(decoding: self.digits, as: UTF8.self)
        parts = plain.isEmpty || plain == address ? [address] : [address, plain]
    }

    /// Returns how a destination, escaped as in JSON, matches the term; `nil` if it does not.
    public func match(_ destination: UnsafeBufferPointer<UInt8>) -> Match? {
        guard destination.contains(UInt8(ascii: "\\")) else { return match(plain: destination) }
        var plain: [UInt8] = []
        plain.appendUnescaped(destination)
        return plain.withUnsafeBufferPointer { match(plain: $0) }
    }

    private func match(plain destination: UnsafeBufferPointer<UInt8>) -> Match? {
        let key = RecipientKey(utf8: destination, callingCode: query.callingCode)
        switch query.matches(key) {
        case .exact: return .recipient
        case .doubtful: return .doubtful
        case .none: return contains(destination, key) ? .part : nil
        }
    }

    private func contains(_ destination: UnsafeBufferPointer<UInt8>, _ key: RecipientKey) -> Bool {
        if Self.contains(destination, text) { return true }
        var normal = key.text
        if normal.utf8.allSatisfy(\.isASCIIDigit) { return normal.withUTF8 { Self.contains($0, digits) } }
        if normal.withUTF8({ Self.contains($0, text) }) { return true }
        // In a text with several numbers, or with letters, the digits count as one number.
        return !digits.isEmpty
            && destination.filter(\.isASCIIDigit).withUnsafeBufferPointer { Self.contains($0, digits) }
    }

    /// Returns whether a text contains a part, which is in lower case.
    private static func contains(_ text: UnsafeBufferPointer<UInt8>, _ part: [UInt8]) -> Bool {
        guard let first = part.first, text.count >= part.count else { return false }
        for start in 0...text.count - part.count where text[start].lowercasedASCII == first {
            if part.indices.allSatisfy({ text[start + $0].lowercasedASCII == part[$0] }) { return true }
        }
        return false
    }
}
