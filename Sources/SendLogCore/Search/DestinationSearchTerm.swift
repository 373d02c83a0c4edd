/// A search term for destinations: a destination or a part of one.
///
/// The notation of a telephone number does not matter: `+27 82 123 4567`, `0027821234567` and `082 123 4567` all match
/// `27821234567`.
public struct DestinationSearchTerm {
    private let text: [UInt8]
    /// The digits of a telephone number without leading zeros; `nil` if the term is no number.
    private let digits: [UInt8]?

    /// Creates a search term from what a user entered.
    public init(_ text: String) {
        self.text = Array(text.utf8)
        let isNumber = text.utf8.allSatisfy { $0.isASCIIDigit || " +-().".utf8.contains($0) }
        // A bracketed zero is a trunk prefix, which is not part of the international number.
        var digits = text.replacing("(0)", with: "").utf8.filter(\.isASCIIDigit)
        digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
        self.digits = isNumber && digits.count >= 3 ? digits : nil
    }

    /// Returns whether a destination, escaped as in JSON, matches the term.
    public func matches(_ destination: UnsafeBufferPointer<UInt8>) -> Bool {
        if Self.contains(destination, text) { return true }
        if destination.contains(UInt8(ascii: "\\")) {
            var plain: [UInt8] = []
            plain.appendUnescaped(destination)
            if plain.withUnsafeBufferPointer({ Self.contains($0, text) }) { return true }
        }
        guard let digits else { return false }
        return destination.allSatisfy(\.isASCIIDigit)
            ? Self.contains(destination, digits)
            : Self.contains(destination.filter(\.isASCIIDigit), digits)
    }

    private static func contains(_ text: some RandomAccessCollection<UInt8>, _ part: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        var index = text.startIndex
        let last = text.index(text.endIndex, offsetBy: -part.count)
        while index <= last {
            if text[index] == part[0], text[index...].starts(with: part) { return true }
            text.formIndex(after: &index)
        }
        return false
    }
}
