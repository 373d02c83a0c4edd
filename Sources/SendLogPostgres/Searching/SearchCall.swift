import SendLogCore

/// Runs one search on a connection.
struct SearchCall {
    let connection: Connection
    let organisation: OrganisationID
    let search: SendLogSearch

    /// Returns the total and the first block of the page.
    ///
    /// - Throws: ``PostgresFailure``; ``StoreError/corrupted(detail:)`` if the stored data contradict each other.
    func answer() throws -> SearchResult {
        let isAll = search.campaigns == nil && search.from == nil && search.to == nil
        if isAll, search.skip == 0, search.limit > 0, let result = try unfilteredFirstPage() { return result }
        let campaigns = search.campaigns?.count ?? 0
        let counting = CountQuery(
            organisation: organisation,
            search: search,
            // Several campaigns are merged; limiting the query to the days of the page keeps the merge short.
            isByDay: search.limit > 0 && (search.skip > 0 || campaigns > 1)
        )
        guard let counts = try counting.run(on: connection) else {
            throw StoreError.notFound
        }
        let asOf = min(search.asOf ?? counts.head, counts.head)
        let total = counts.total
        var page = (
            from: search.from ?? .earliest, to: search.to ?? .latest, offset: 0, count: min(search.limit, total)
        )
        if counting.isByDay {
            let locator = PageLocator(total: total, order: search.order, skip: search.skip, limit: search.limit) {
                order,
                body in
                _ = counts.sorted(order).allSatisfy(body)
            }
            guard let locator else {
                throw StoreError.corrupted(detail: "the counters do not match the send logs")
            }
            guard let days = locator.page else { return SearchResult(total: total, asOf: asOf, rows: RowBlock()) }
            page.from = max(page.from, Timestamp(milliseconds: days.earliest.firstMillisecond) ?? .earliest)
            page.to = min(page.to, Timestamp(milliseconds: days.latest.lastMillisecond) ?? .latest)
            (page.offset, page.count) = (days.offset, days.count)
        }
        guard page.count > 0 else { return SearchResult(total: total, asOf: asOf, rows: RowBlock()) }
        let block = RowBlock(for: search)
        let rows = try query(page.from, page.to, asOf: asOf, offset: page.offset, count: page.count)
            .run(on: connection, for: block)
        return SearchResult(total: total, asOf: asOf, rows: try fill(block, rows, asOf: asOf, of: page.count))
    }

    /// Returns the first page of all logs with one statement: the head has their total.
    ///
    /// - Returns: the page; `nil` if there are no rows, or if only counting gives the total.
    private func unfilteredFirstPage() throws -> SearchResult? {
        let pinned = search.asOf ?? SequenceNumber(.max)
        let block = RowBlock(for: search)
        let rows = try query(.earliest, .latest, asOf: pinned, offset: 0, count: search.limit)
            .run(on: connection, for: block)
        guard rows.count > 0 else { return nil }
        let head = try LogHead(storedSequence: rows.integer(0, 5), deleted: rows.integer(0, 6))
        let asOf = min(pinned, head.lastSequence)
        guard let total = head.count(asOf: asOf) else { return nil }
        return SearchResult(
            total: total,
            asOf: asOf,
            rows: try fill(block, rows, asOf: asOf, of: min(search.limit, total))
        )
    }

    /// Returns the rows after the last one of a block.
    func rows(after rest: RestOfPage) throws -> RowBlock {
        guard let asOf = search.asOf else { throw StoreError.corrupted(detail: "the rest of a page has no asOf") }
        let query = query(
            search.from ?? .earliest,
            search.to ?? .latest,
            asOf: asOf,
            after: (rest.start, rest.sequence),
            offset: 0,
            count: search.limit
        )
        let block = RowBlock(restOf: search)
        return try fill(block, try query.run(on: connection, for: block), asOf: asOf, of: search.limit)
    }

    private func query(
        _ from: Timestamp,
        _ to: Timestamp,
        asOf: SequenceNumber,
        after: (start: Timestamp, sequence: SequenceNumber)? = nil,
        offset: Int,
        count: Int
    ) -> RowQuery {
        RowQuery(
            organisation: organisation,
            campaigns: search.campaigns,
            order: search.order,
            from: from,
            to: to,
            asOf: asOf,
            after: after,
            offset: offset,
            count: count
        )
    }

    /// Renders as many rows as fit into a block, and sets the rest of the page that comes after them.
    private func fill(_ block: RowBlock, _ rows: Rows, asOf: SequenceNumber, of count: Int) throws -> RowBlock {
        var (fitting, length) = (0, 0)
        var long: [Int64] = []
        while fitting < rows.count, length < block.size {
            try StoredNumber.add(rows.count(fitting, 4), to: &length)
            if rows.isNull(fitting, 3) { long.append(rows.integer(fitting, 0)) }
            fitting += 1
        }
        let longRecords = try RowQuery.longRecords(long, of: organisation, on: connection)
        var block = block
        block.reserve(fitting)
        for row in 0..<fitting {
            let (sequence, destinations) = (rows.integer(row, 0), try rows.count(row, 2))
            func append(_ record: UnsafeRawBufferPointer) {
                block.append(
                    record,
                    sequence: SequenceNumber(sequence),
                    destinations: destinations
                )
            }
            if !long.isEmpty, let record = longRecords[sequence] {
                record.withUnsafeBytes { append($0) }
            } else {
                append(rows.rawBytes(row, 3))
            }
        }
        let last = fitting - 1
        guard last >= 0, fitting < count, let start = Timestamp(milliseconds: rows.integer(last, 1)) else {
            return block
        }
        var rest = search
        (rest.skip, rest.limit, rest.asOf) = (0, count - fitting, asOf)
        block.rest = RestOfPage(search: rest, start: start, sequence: SequenceNumber(rows.integer(last, 0)))
        return block
    }
}
