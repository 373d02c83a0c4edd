/// The name of a campaign: 1 to 200 characters, without control characters or leading or trailing white space.
public struct CampaignName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// The maximum length in characters (Unicode scalars).
    public static let maxLength = 200
    /// The error message for an invalid name.
    public static let rule = "must be 1 to 200 characters long, without control characters or white space at its ends"

    /// Creates a name; `nil` if the text breaks ``rule``.
    public init?(_ text: String) {
        guard text.isName(maxLength: Self.maxLength) else { return nil }
        description = text
    }
}
