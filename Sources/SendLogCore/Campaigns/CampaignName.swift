/// The name of a campaign: 1 to 200 characters, without control characters or leading or trailing white space.
public struct CampaignName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// The maximum length in characters (Unicode scalars).
    public static let maxLength = 200
    /// The error message for an invalid name.
    public static let rule = "must be 1 to 200 characters long, without control characters or white space at its ends"

    /// Creates a name.
    ///
    /// - Returns: `nil` if the text breaks ``rule``.
    public init?(_ text: String) {
        guard text.isName(maxLength: Self.maxLength) else { return nil }
        description = text
    }
}

extension String {
    /// Returns whether the string is valid as a name: not empty, not too long, no control characters, no white space at
    /// either end.
    func isName(maxLength: Int) -> Bool {
        let scalars = unicodeScalars
        guard (1...maxLength).contains(scalars.count), let first = scalars.first, let last = scalars.last else {
            return false
        }
        return !first.properties.isWhitespace && !last.properties.isWhitespace
            && !scalars.contains { $0.properties.generalCategory == .control }
    }
}
