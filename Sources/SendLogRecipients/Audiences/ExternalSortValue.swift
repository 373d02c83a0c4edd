import SendLogCore

/// A value that ``ExternalSorter`` sorts and stores.
protocol ExternalSortValue: Comparable, Sendable {
    /// The memory that the value takes in bytes.
    var size: Int { get }

    /// Appends the value as bytes.
    ///
    /// - Parameters:
    ///   - previous: the value before it, which is less; `nil` for the first one
    ///   - bytes: the buffer to append to
    func write(after previous: Self?, to bytes: inout [UInt8])

    /// Reads a value that ``write(after:to:)`` wrote.
    ///
    /// - Throws: the errors of the reader.
    static func read(after previous: Self?, from reader: inout SpoolReader) throws(StoreError) -> Self

    /// Sorts values in ascending order.
    ///
    /// - Parameters:
    ///   - values: the values
    ///   - scratch: memory that is used again for the next values
    static func sort(_ values: inout [Self], _ scratch: inout [Self]) async
}
