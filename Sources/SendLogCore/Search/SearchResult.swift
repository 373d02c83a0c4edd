/// The first part of a search's result.
public struct SearchResult: Equatable, Sendable {
    /// The number of logs that match the search, without its skip and limit.
    public let total: Int
    /// The snapshot of the search: the newest sequence number that it saw, which further pages use as `as_of`.
    public let asOf: SequenceNumber
    /// The first rows of the page.
    public let rows: RowBlock

    /// Creates a search result.
    public init(total: Int, asOf: SequenceNumber, rows: RowBlock) {
        self.total = total
        self.asOf = asOf
        self.rows = rows
    }
}
