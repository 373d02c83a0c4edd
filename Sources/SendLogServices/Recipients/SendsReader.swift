package import SendLogCore

/// Reads the send logs of a search one after the other, with the memory of a block.
package struct SendsReader: Sendable {
    private let store: any LogReader
    private let organisation: OrganisationID

    /// Creates a reader of an organisation's send logs.
    package init(_ store: any LogReader, in organisation: OrganisationID) {
        (self.store, self.organisation) = (store, organisation)
    }

    /// Reads the page of a search.
    ///
    /// - Parameters:
    ///   - search: the search
    ///   - take: takes the fields of each send log, which are valid during the call, and its row; returns false to stop
    /// - Returns: the total of the search.
    /// - Throws: ``StoreError``.
    @discardableResult
    package func forEach(
        _ search: SendLogSearch,
        _ take: (RecordFields, RowBlock.Row) -> Bool
    ) async throws(StoreError) -> Int {
        let result = try await store.search(search, in: organisation)
        var block: RowBlock? = result.rows
        while let next = block {
            guard try Self.pass(next, to: take), let rest = next.rest else { break }
            block = try await store.rows(rest, in: organisation)
        }
        return result.total
    }

    /// Counts the send logs of a search that are among some sequence numbers.
    ///
    /// - Parameters:
    ///   - sequences: the sequence numbers
    ///   - search: a search that is limited to some send logs, see ``SendLogSearch/found``; skip and limit are ignored
    /// - Returns: the number.
    /// - Throws: ``StoreError``.
    package func count(of sequences: Set<Int64>, in search: SendLogSearch) async throws(StoreError) -> Int {
        if sequences.isEmpty { return 0 }
        var part = search
        part.found?.removeAll { !sequences.contains($0) }
        (part.skip, part.limit) = (0, 0)
        return try await store.search(part, in: organisation).total
    }

    /// Returns false if the closure did.
    private static func pass(
        _ block: RowBlock,
        to take: (RecordFields, RowBlock.Row) -> Bool
    ) throws(StoreError) -> Bool {
        var (isValid, goesOn) = (true, true)
        block.text.withUnsafeBufferPointer { text in
            for row in block.rows where isValid && goesOn {
                if let fields = RecordFields(UnsafeBufferPointer(rebasing: text[row.record])) {
                    goesOn = take(fields, row)
                } else {
                    isValid = false
                }
            }
        }
        if !isValid { throw .corrupted(detail: "a record is malformed") }
        return goesOn
    }
}
