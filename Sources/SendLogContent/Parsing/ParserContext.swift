public import SendLogCore

/// The dependencies of ``SendLogParser``.
public struct ParserContext: Sendable {
    /// The source of IDs for send logs without one.
    public let ids: SendLogIDSource
    /// The folder for the spools of long lists, which are unlinked files.
    public let spoolFolder: String
    /// Returns the current time.
    public let now: @Sendable () -> Timestamp

    /// Creates a context.
    public init(ids: SendLogIDSource, spoolFolder: String, now: @escaping @Sendable () -> Timestamp) {
        self.ids = ids
        self.spoolFolder = spoolFolder
        self.now = now
    }
}
