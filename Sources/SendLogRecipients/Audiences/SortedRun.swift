import SendLogContent
import SendLogCore

/// Writes a sorted run at the end of a spool file; repeated values once.
struct SortedRunWriter<Value: ExternalSortValue> {
    private let file: SpoolFile
    private let start: Int
    private var previous: Value?
    private var bytes: [UInt8] = []

    /// The number of bytes that are written at a time.
    private static var length: Int { 64 * 1024 }

    init(_ file: SpoolFile) { (self.file, start) = (file, file.length) }

    /// Appends a value, which is not less than the one before it.
    mutating func append(_ value: Value) throws(StoreError) {
        if value == previous { return }
        value.write(after: previous, to: &bytes)
        previous = value
        if bytes.count < Self.length { return }
        try file.append(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Writes the rest.
    ///
    /// - Returns: the part of the file that has the run.
    consuming func finish() throws(StoreError) -> Range<Int> {
        try file.append(bytes)
        return start..<file.length
    }
}

/// Reads the values of a sorted run, in memory or in a spool file.
struct SortedRun<Value: ExternalSortValue>: Sendable {
    private let values: [Value]
    private var index = 0
    private var reader: SpoolReader?
    private var previous: Value?

    /// Creates a run in memory.
    init(_ values: [Value]) { self.values = values }

    /// Creates a run in a file.
    init(_ reader: SpoolReader) { (values, self.reader) = ([], reader) }

    /// Returns the next value; `nil` at the end.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if the file cannot be read.
    mutating func next() throws(StoreError) -> Value? {
        if index < values.count {
            index += 1
            return values[index - 1]
        }
        guard let isAtEnd = reader?.isAtEnd, !isAtEnd else { return nil }
        previous = try reader?.next(after: previous)
        return previous
    }
}

extension SpoolReader {
    fileprivate mutating func next<Value: ExternalSortValue>(after previous: Value?) throws(StoreError) -> Value {
        try Value.read(after: previous, from: &self)
    }
}
