/// The normal form of a destination: two destinations with the same key are the same recipient.
///
/// It is one of
/// - an international telephone number, digits only: `27821234567`,
/// - a number within a country, if no calling code is known, with its leading 0: `0821234567`,
/// - a short code, digits only: `12345`,
/// - an e-mail address in lower case, in Unicode's composed form (NFC),
/// - any other text in NFC, without white space and invisible characters at its ends.
///
/// The key of a key is the key itself. Lists keep what was given; only searches use keys. The table of
/// `RecipientKeyTests` has an example and a reason for each rule.
public struct RecipientKey: Hashable, Sendable, CustomStringConvertible {
    /// The normal form.
    public let text: String

    /// Creates the key of a destination.
    ///
    /// - Parameters:
    ///   - destination: the destination as given, of any length
    ///   - callingCode: the calling code of numbers with one leading 0
    public init(_ destination: some StringProtocol, callingCode: CallingCode? = nil) {
        var destination = String(destination)
        self = destination.withUTF8 { RecipientKey(utf8: $0, callingCode: callingCode) }
    }

    /// Creates the key of a destination in UTF-8, not escaped.
    ///
    /// - Parameters:
    ///   - destination: the destination as given, of any length
    ///   - callingCode: the calling code of numbers with one leading 0
    public init(utf8 destination: UnsafeBufferPointer<UInt8>, callingCode: CallingCode? = nil) {
        let text = String(decoding: destination, as: UTF8.self)
        self.text = Self.isInternational(destination, callingCode) ? text : Self.normalForm(of: text, callingCode)
    }

    /// The normal form.
    public var description: String { text }

    /// The error message for a destination whose normal form is empty, which is no recipient.
    public static let emptyRule = "must have more than white space and the scheme of a URI (tel:, mailto:)"

    /// Returns why a text cannot be a recipient, as the end of a sentence; `nil` if it can.
    public static func fault(of text: String) -> String? {
        if let fault = DestinationList.fault(of: text) { return fault }
        let form = RecipientKey(text).text
        return form.isEmpty ? emptyRule : DestinationList.fault(of: form).map { "\($0) in its normal form" }
    }

    /// Whether there are several notations of the recipient: of a telephone number, or of an e-mail address.
    public var hasNotations: Bool { text.utf8.allSatisfy(\.isASCIIDigit) || RecipientText(text).isEmailAddress }

    /// Returns whether a text is a telephone number in any notation; short codes are none.
    public static func isTelephoneNumber(_ text: String) -> Bool {
        let number = RecipientKey(text).text.utf8
        return NumberDigits.lengths.contains(number.count) && number.allSatisfy(\.isASCIIDigit)
    }

    /// Returns whether a destination is a number in its normal form already, as nearly all are.
    private static func isInternational(_ bytes: UnsafeBufferPointer<UInt8>, _ callingCode: CallingCode?) -> Bool {
        guard let first = bytes.first, first != UInt8(ascii: "0"), bytes.allSatisfy(\.isASCIIDigit) else {
            return false
        }
        return callingCode?.isFollowedByTrunkPrefix(in: bytes) != true
    }

    private static func normalForm(of text: String, _ callingCode: CallingCode?) -> String {
        if let number = number(text, callingCode) { return number }
        let text = RecipientText(text)
        return number(text.address, callingCode) ?? text.normalForm
    }

    private static func number(_ text: String, _ callingCode: CallingCode?) -> String? {
        guard let number = WrittenNumber(text.unicodeScalars)?.normalForm(callingCode: callingCode) else { return nil }
        return String(decoding: number, as: UTF8.self)
    }
}
