/// The rest of a page after a row.
public struct RestOfPage: Equatable, Sendable {
    /// The search with its `asOf` set, and without ``SendLogSearch/found``; its limit is the number of rows left in the
    /// page.
    public let search: SendLogSearch
    /// The `startDeliveryAt` of the last row returned.
    public let start: Timestamp
    /// The sequence number of the last row returned.
    public let sequence: SequenceNumber
    /// The send logs left in the page, in its order, if the search is limited to found ones; `nil` for others.
    ///
    /// All rests of a page share one array.
    public let found: ArraySlice<Int64>?

    /// Creates the rest of a page after a row.
    public init(
        search: SendLogSearch,
        start: Timestamp,
        sequence: SequenceNumber,
        found: ArraySlice<Int64>? = nil
    ) {
        (self.search, self.start, self.sequence, self.found) = (search, start, sequence, found)
    }

    /// The number of bytes that are held until the page ends.
    public var heldLength: Int { (found?.count ?? 0) * MemoryLayout<Int64>.stride }
}
