/// A country's calling code: 1 to 3 digits, the first of which is not 0 (<https://www.itu.int/rec/T-REC-E.164>).
public struct CallingCode: Hashable, Sendable, CustomStringConvertible {
    /// The digits, such as `27`.
    public let description: String
    /// The digits before a number within the country that an international number does not have.
    ///
    /// Empty if the leading 0 belongs to the number: Italy, San Marino, Benin, Burkina Faso, Ivory Coast, Niger,
    /// the Republic of the Congo and Tajikistan. Prefixes that do not begin with 0 (8 in Russia) are not recognised: only
    /// the length would distinguish such a number from an international one.
    private let trunkPrefix: String
    /// The digits before an international number, if they are not `00`.
    private let exitPrefix: String?

    /// The error message for an invalid code.
    public static let rule = "must be 1 to 3 digits, the first of which is not 0"

    /// Creates a calling code; `nil` if the text breaks ``rule``.
    public init?(_ text: String) {
        let digits = text.utf8
        guard (1...3).contains(digits.count), digits.first != UInt8(ascii: "0"), digits.allSatisfy(\.isASCIIDigit)
        else { return nil }
        description = text
        trunkPrefix = Self.unusualTrunkPrefixes[text] ?? "0"
        exitPrefix = Self.unusualExitPrefixes[text]
    }

    private static let unusualTrunkPrefixes = [
        "36": "06", "39": "", "225": "", "226": "", "227": "", "229": "", "242": "", "378": "", "992": "",
    ]
    private static let unusualExitPrefixes = ["1": "011", "61": "0011", "81": "010"]

    /// All prefixes before a number within a country.
    package static let trunkPrefixes = Set(unusualTrunkPrefixes.values).union(["0"])
    /// All prefixes before an international number, except `00`.
    package static let exitPrefixes = Set(unusualExitPrefixes.values)

    /// Creates a calling code that a person entered, with or without one plus sign before it; `nil` if the rest breaks
    /// ``rule``.
    public init?(entered text: String) {
        self.init(text.hasPrefix("+") ? String(text.dropFirst()) : text)
    }

    /// Returns the number of digits of the calling code with which an international number begins.
    static func length(atStartOf number: String) -> Int {
        switch Int(number.prefix(2)) ?? 0 {
        case 10...19, 70...79: 1
        case 20, 27, 30...34, 36, 39...41, 43...49, 51...58, 60...66, 81, 82, 84, 86, 90...95, 98: 2
        default: 3
        }
    }

    /// Returns the length of the country's own international prefix at the beginning of digits; 0 if there is none.
    func exitPrefixLength(in digits: [UInt8]) -> Int {
        guard let exitPrefix, digits.starts(with: exitPrefix.utf8) else { return 0 }
        return exitPrefix.utf8.count
    }

    /// Returns whether digits begin with the code and a trunk prefix that does not belong there: `+27 082 123 4567`.
    func isFollowedByTrunkPrefix(in digits: some RandomAccessCollection<UInt8>) -> Bool {
        guard !trunkPrefix.isEmpty, digits.starts(with: description.utf8) else { return false }
        let rest = digits.dropFirst(description.utf8.count)
        let number = rest.dropFirst(trunkPrefix.utf8.count)
        return rest.starts(with: trunkPrefix.utf8) && number.count >= NumberDigits.lengths.lowerBound
            && description.utf8.count + number.count <= NumberDigits.lengths.upperBound
            && number.first != UInt8(ascii: "0")
    }

    /// Changes a number within the country into an international number, without a trunk prefix.
    ///
    /// Any other number, a short one, and one that would become too long stay unchanged.
    func makeInternational(_ digits: inout [UInt8]) {
        let code = description.utf8
        if isFollowedByTrunkPrefix(in: digits) {
            digits.removeSubrange(code.count..<code.count + trunkPrefix.utf8.count)
            return
        }
        guard NumberDigits.hasOneLeadingZero(digits), digits.count >= NumberDigits.lengths.lowerBound,
            digits.starts(with: trunkPrefix.utf8)
        else { return }
        let number = digits.dropFirst(trunkPrefix.utf8.count)
        guard trunkPrefix.isEmpty || number.first != UInt8(ascii: "0"),
            code.count + number.count <= NumberDigits.lengths.upperBound
        else { return }
        digits = Array(code) + number
    }
}
