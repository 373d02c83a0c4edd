/// What a campaign search looks for in IDs and names, on every database.
public struct CampaignSearchTerm: Equatable, Sendable {
    /// The text without case and accents.
    public let folded: FoldedText
    /// Whether the ID or the name must be the text, and not only contain it.
    public let isWhole: Bool

    /// Creates a search term.
    public init(_ text: String, isWhole: Bool = false) {
        (folded, self.isWhole) = (FoldedText(text), isWhole)
    }

    /// Whether the term can match: no ID and no name contains NUL, which databases do not accept in texts.
    public var canMatch: Bool { !folded.utf8.contains(0) }

    /// Returns whether a campaign's name matches.
    public func matches(name: String) -> Bool {
        let name = FoldedText(name)
        return isWhole ? name == folded : name.contains(folded)
    }
}
