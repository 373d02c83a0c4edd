public import SendLogCore
import SendLogHash

/// A recipient as the index stores it: two numbers, made from the recipient's key without a calling code.
///
/// Telephone numbers are grouped by their last eight digits. All notations of a number are in one group then, with and
/// without calling code, so that one lookup finds them all under any calling code of the organisation.
public struct RecipientCode: Hashable, Comparable, Sendable {
    /// The last eight digits of a telephone number; of any other text, 62 bits of its SHA-256 beside bit 62.
    ///
    /// Bit 63 is 0, so that stored as `Int64` it has the same order.
    public let group: UInt64
    /// The other digits, see ``digits``; of any other text, 64 more bits of its SHA-256.
    public let rest: UInt64

    private static let groupDigits = 8
    /// From here on ``rest`` is the length of a number with fewer digits than a group has.
    private static let shortNumbers: UInt64 = 100_000_000
    private static let textBit: UInt64 = 1 << 62

    /// Creates a code from stored numbers.
    public init(group: UInt64, rest: UInt64) { (self.group, self.rest) = (group, rest) }

    /// Creates the code of a destination in UTF-8, not escaped.
    public init(utf8 destination: UnsafeBufferPointer<UInt8>) {
        if let code = Self(internationalNumber: destination) {
            self = code
        } else {
            self.init(RecipientKey(utf8: destination))
        }
    }

    /// Creates the code of a key that was made without a calling code.
    public init(_ key: RecipientKey) {
        var text = key.text
        self = text.withUTF8 { text in
            if let code = Self(digits: text) { return code }
            let hash = SHA256.of(Array(text))
            func number(at offset: Int) -> UInt64 { hash[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) } }
            return Self(group: number(at: 0) >> 2 | Self.textBit, rest: number(at: 8))
        }
    }

    /// Reads a number that is its own key, as nearly all are: digits that do not begin with 0.
    private init?(internationalNumber text: UnsafeBufferPointer<UInt8>) {
        guard text.first != UInt8(ascii: "0") else { return nil }
        self.init(digits: text)
    }

    /// Reads up to fifteen digits.
    private init?(digits text: UnsafeBufferPointer<UInt8>) {
        guard (1...15).contains(text.count) else { return nil }
        let split = max(0, text.count - Self.groupDigits)
        // The 1 keeps the zeros after it.
        var (first, last): (UInt64, UInt64) = (1, 0)
        for index in 0..<text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            if index < split { first = first &* 10 &+ UInt64(digit) } else { last = last &* 10 &+ UInt64(digit) }
        }
        group = last
        rest = text.count < Self.groupDigits ? Self.shortNumbers + UInt64(text.count) : first
    }

    /// Whether the recipient is a telephone number.
    public var isNumber: Bool { group < Self.textBit }

    /// Whether both numbers can be those of a telephone number; the coding relies on it.
    var isInRange: Bool {
        group < Self.shortNumbers && (1..<Self.shortNumbers + UInt64(Self.groupDigits)).contains(rest)
    }

    /// The digits of a telephone number, which are its key; `nil` for any other text, and for numbers that no key has.
    public var digits: String? {
        guard group < Self.shortNumbers else { return nil }
        let last = String(group)
        if rest > Self.shortNumbers {
            let length = rest - Self.shortNumbers
            guard length < Self.groupDigits, last.utf8.count <= length else { return nil }
            return String(repeating: "0", count: Int(length) - last.utf8.count) + last
        }
        let first = String(rest)
        guard first.first == "1", first.utf8.count <= 8 else { return nil }
        return first.dropFirst() + String(repeating: "0", count: Self.groupDigits - last.utf8.count) + last
    }

    /// Orders codes by group, then by the rest.
    public static func < (left: Self, right: Self) -> Bool { (left.group, left.rest) < (right.group, right.rest) }
}
