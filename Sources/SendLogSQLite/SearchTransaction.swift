import GRDB
import SendLogCore

/// One search of a snapshot, within a read transaction.
struct SearchTransaction {
    let database: Connection
    let organisation: OrganisationID
    let search: SendLogSearch
    private let head: LogHead
    /// The newest log that the search includes.
    private let asOf: SequenceNumber
    /// The organisation or campaigns to search; empty if none of the campaigns exists.
    private let sources: [LogSource]

    init(_ database: Connection, organisation: OrganisationID, search: SendLogSearch) throws {
        self.database = database
        self.organisation = organisation
        self.search = search
        head = try LogHead(of: organisation, on: database)
        asOf = min(search.asOf ?? head.lastSequence, head.lastSequence)
        if let campaigns = search.campaigns {
            sources = try campaigns.compactMap { campaign in
                try database.campaignNumber(campaign, in: organisation).map { .campaign($0) }
            }
        } else {
            sources = [.organisation(organisation.number)]
        }
    }

    func answer() throws -> SearchResult {
        let (from, to) = (search.from ?? .earliest, search.to ?? .latest)
        guard from <= to, !sources.isEmpty, asOf.number > 0 else {
            return SearchResult(total: 0, asOf: asOf, rows: RowBlock())
        }
        let counts = DayCounts(
            database: database,
            organisation: organisation,
            sources: sources,
            from: from,
            to: to,
            asOf: asOf,
            head: head.lastSequence
        )
        let isAll = search.campaigns == nil && search.from == nil && search.to == nil
        let total = try isAll ? head.count(asOf: asOf) ?? counts.total() : counts.total()
        if search.skip == 0 {
            let rows = try rows(from: from, to: to, offset: 0, count: min(search.limit, total))
            return SearchResult(total: total, asOf: asOf, rows: rows)
        }
        let locator = try PageLocator(
            total: total,
            order: search.order,
            skip: search.skip,
            limit: search.limit,
            forEachDay: counts.forEachDay
        )
        guard let locator else {
            throw StoreError.corrupted(detail: "the counters do not match the send logs")
        }
        guard let page = locator.page else { return SearchResult(total: total, asOf: asOf, rows: RowBlock()) }
        let first = Timestamp(milliseconds: page.earliest.firstMillisecond) ?? .earliest
        let last = Timestamp(milliseconds: page.latest.lastMillisecond) ?? .latest
        let rows = try rows(from: max(from, first), to: min(to, last), offset: page.offset, count: page.count)
        return SearchResult(total: total, asOf: asOf, rows: rows)
    }

    /// Returns the rows that follow the last row of a block.
    func rows(after rest: RestOfPage) throws -> RowBlock {
        let range = LogRange(
            from: search.from ?? .earliest,
            to: search.to ?? .latest,
            order: search.order,
            after: (rest.start, rest.sequence),
            asOf: RowID(organisation, asOf),
            organisation: organisation
        )
        return try rows(in: range, offset: 0, count: search.limit, into: RowBlock(restOf: search))
    }

    private func rows(from: Timestamp, to: Timestamp, offset: Int, count: Int) throws -> RowBlock {
        let range = LogRange(
            from: from,
            to: to,
            order: search.order,
            after: nil,
            asOf: RowID(organisation, asOf),
            organisation: organisation
        )
        return try rows(in: range, offset: offset, count: count, into: RowBlock(for: search))
    }

    private func rows(in range: LogRange, offset: Int, count: Int, into block: RowBlock) throws -> RowBlock {
        var block = block
        guard count > 0 else { return block }
        block.reserve(count)
        if let source = sources.first, sources.count == 1 {
            try range.forEach(
                source,
                columns: "place, start, destinations, record",
                offset: offset,
                count: count,
                on: database
            ) { try append($0, to: &block, leaving: count - block.rows.count - 1) }
        } else if offset == 0, range.after == nil, sources.count <= RowMerge.maxSources {
            var merge = try RowMerge(sources, in: range, count: count, on: database)
            while block.rows.count < count,
                try merge.next({ try append($0, to: &block, leaving: count - block.rows.count - 1) })
            {}
        } else {
            // A block seldom holds more than 2048 rows, and the merge should not read rows for later blocks.
            let wanted = offset + min(count, 2048)
            var merge = try CampaignMerge(sources, in: range, wanted: wanted, on: database)
            for _ in 0..<offset { _ = try merge.next() }
            while block.rows.count < count, let rowID = try merge.next() {
                var query = try Query(
                    "SELECT place, start, destinations, record FROM send_logs WHERE place = ?",
                    on: database
                )
                try query.bind(rowID.rawValue)
                guard try query.step() else {
                    throw StoreError.corrupted(detail: "an index refers to a send log that does not exist")
                }
                if try append(query, to: &block, leaving: count - block.rows.count - 1) { break }
            }
        }
        return block
    }

    /// Appends the current row of a query.
    ///
    /// - Parameters:
    ///   - query: a query for the columns `place`, `start`, `destinations` and `record`
    ///   - block: the block that the row is appended to
    ///   - left: the number of rows of the page that follow this row
    /// - Returns: whether the block is full and rows of the page are left; ``RowBlock/rest`` then describes them.
    /// - Throws: ``StoreError/corrupted(detail:)``.
    private func append(_ query: borrowing Query, to block: inout RowBlock, leaving left: Int) throws -> Bool {
        let sequence = RowID(rawValue: query.integer(0)).sequence
        block.append(query.rawBytes(3), sequence: sequence, destinations: try query.count(2))
        guard block.isFull, left > 0, let start = Timestamp(milliseconds: query.integer(1))
        else { return false }
        var rest = search
        (rest.skip, rest.limit, rest.asOf) = (0, left, asOf)
        block.rest = RestOfPage(search: rest, start: start, sequence: sequence)
        return true
    }
}
