/// The rest of a page after a row.
public struct RestOfPage: Equatable, Sendable {
    /// The search with its `asOf` set; its limit is the number of rows left in the page.
    public let search: SendLogSearch
    /// The `startDeliveryAt` of the last row returned.
    public let start: Timestamp
    /// The sequence number of the last row returned.
    public let sequence: SequenceNumber

    /// Creates the rest of a page after a row.
    public init(search: SendLogSearch, start: Timestamp, sequence: SequenceNumber) {
        self.search = search
        self.start = start
        self.sequence = sequence
    }
}
