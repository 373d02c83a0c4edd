public import SendLogCore

/// The rules for the texts of a send log.
public enum SendLogRules {
    /// The maximum length of a message in bytes of UTF-8.
    public static let maxMessageLength = 65_536
    /// The maximum length of `triggeredBy` in characters (Unicode scalars).
    public static let maxTriggeredByLength = 64

    /// Returns the problem of a destination; `nil` if it is valid.
    public static func fault(ofDestination text: borrowing JSONText) -> String? {
        if text.isTruncated { return "must be at most \(DestinationList.maxLength) characters long" }
        if text.isSimple, (1...DestinationList.maxLength).contains(text.utf8.count) { return nil }
        return DestinationList.fault(of: text.string)
    }
}
