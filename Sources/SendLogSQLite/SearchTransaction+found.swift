import SendLogCore
import SendLogScheduling

/// Searches that are limited to send logs that were found before, as those of a recipient are.
extension SearchTransaction {
    /// A send log that matches the filters.
    struct Match {
        let start: Int64
        let sequence: Int64
    }

    /// Reads the total and the first rows.
    ///
    /// - Parameters:
    ///   - found: sequence numbers in any order; deleted send logs are passed over
    ///   - earlier: the matches among other sequence numbers
    /// - Returns: the result.
    /// - Throws: the errors of the database.
    func answer(among found: ArraySlice<Int64>, and earlier: [Match] = []) throws -> SearchResult {
        var matches = try earlier + matches(among: found)
        let search = plan.search
        guard search.limit > 0, search.skip < matches.count else { return plan.result(total: matches.count) }
        switch search.order {
        case .oldestFirst: matches.sort { ($0.start, $0.sequence) < ($1.start, $1.sequence) }
        case .newestFirst: matches.sort { ($0.start, $0.sequence) > ($1.start, $1.sequence) }
        }
        // The rest of the page has its send logs in their order, so that they are neither filtered nor sorted again.
        let page = matches.dropFirst(search.skip).prefix(search.limit).map(\.sequence)
        let rows = try fill(PageBuilder(plan, count: page.count), with: page[...])
        return plan.result(total: matches.count, rows: rows)
    }

    /// Appends as many of the send logs that are left in a page as fit into a block.
    ///
    /// - Parameters:
    ///   - page: the page
    ///   - sequences: the send logs, in the order of the page
    /// - Returns: the block.
    /// - Throws: the errors of the database.
    func fill(_ page: PageBuilder, with sequences: ArraySlice<Int64>) throws -> RowBlock {
        var (page, next) = (page, sequences.startIndex)
        while next < sequences.endIndex, !page.isComplete {
            _ = try append(RowID(organisation, SequenceNumber(sequences[next])), to: &page)
            next += 1
        }
        return page.finish(hasMore: next < sequences.endIndex, found: sequences[next...])
    }

    /// Reads the times of the found send logs that match the other filters.
    func matches(among found: ArraySlice<Int64>) throws -> [Match] {
        var matches: [Match] = []
        try forEachMatch(among: found) { start, sequence, _ in
            matches.append(Match(start: start, sequence: sequence))
        }
        return matches
    }

    /// Calls `body` with each found send log that matches the other filters.
    ///
    /// - Parameters:
    ///   - found: sequence numbers in any order; deleted send logs are passed over
    ///   - body: takes the start in milliseconds since 1970, the sequence number, and the stored number of destinations
    /// - Throws: the errors of the database and of `body`.
    func forEachMatch(
        among found: ArraySlice<Int64>,
        _ body: (_ start: Int64, _ sequence: Int64, _ destinations: Int64) throws -> Void
    ) throws {
        // The ranges below need a start that is not after their end.
        if plan.isEmpty || sources.isEmpty { return }
        let campaigns = plan.search.campaigns == nil ? nil : Set(sources.map(\.number))
        let times = plan.from.milliseconds...plan.to.milliseconds
        // A row ID of a number beyond the head would belong to another organisation.
        for sequence in found where (1...plan.asOf.number).contains(sequence) {
            var query = try Query("SELECT start, campaign, destinations FROM send_logs WHERE place = ?", on: database)
            try query.bind(RowID(organisation, SequenceNumber(sequence)).rawValue)
            guard try query.step(), times.contains(query.integer(0)), campaigns?.contains(query.integer(1)) != false
            else { continue }
            try body(query.integer(0), sequence, query.integer(2))
        }
    }
}

extension SQLiteStore {
    /// The number of found send logs that are filtered at a time, which takes about ten milliseconds.
    private static let maxFiltered = 4096

    /// Searches among send logs that were found before, in several snapshots if they are many.
    ///
    /// What the filters read of a send log never changes.
    func search(
        _ search: SendLogSearch,
        among found: [Int64],
        in organisation: OrganisationID
    ) async throws(StoreError) -> SearchResult {
        var (search, rest) = (search, found[...])
        var matches: [SearchTransaction.Match] = []
        while rest.count > Self.maxFiltered {
            let part = rest.prefix(Self.maxFiltered)
            rest = rest.dropFirst(part.count)
            let (asOf, more) = try await readers.scan(for: organisation) { database in
                let search = try SearchTransaction(database, organisation: organisation, search: search)
                return (search.plan.asOf, try search.matches(among: part))
            }
            search.asOf = asOf
            matches += more
        }
        return try await readers.scan(for: organisation) { database in
            try SearchTransaction(database, organisation: organisation, search: search)
                .answer(among: rest, and: matches)
        }
    }
}
