import SendLogCore

/// Answers one search over a connection.
struct SearchCall {
    let connection: Connection
    let organisation: OrganisationID
    let search: SendLogSearch

    /// The total, and the first block of the page.
    ///
    /// - Throws: ``PostgresFailure``; ``StoreError/damaged(detail:)`` where what is stored contradicts itself.
    func answer() throws -> SearchAnswer {
        let isAll = search.campaigns == nil && search.from == nil && search.to == nil
        if isAll, search.skip == 0, search.limit > 0 { return try answerAtOnce() }
        let campaigns = search.campaigns?.count ?? 0
        let counting = CountQuery(
            organisation: organisation,
            search: search,
            // Several campaigns are merged; the days of the page keep that short.
            isByDay: search.limit > 0 && (search.skip > 0 || campaigns > 1)
        )
        guard let counts = try counting.run(on: connection) else {
            throw StoreError.damaged(detail: "the organisation does not exist")
        }
        let asOf = min(search.asOf ?? counts.head, counts.head)
        let total = counts.total
        var page = (
            from: search.from ?? .earliest, to: search.to ?? .latest, offset: 0, count: min(search.limit, total)
        )
        if counting.isByDay {
            let walk = CounterWalk(total: total, order: search.order, skip: search.skip, limit: search.limit) {
                order,
                body in
                _ = counts.sorted(order).allSatisfy(body)
            }
            guard let walk else {
                throw StoreError.damaged(detail: "counters do not add up to the logs that there are")
            }
            guard let days = walk.page else { return SearchAnswer(total: total, asOf: asOf, rows: RowBlock()) }
            page.from = max(page.from, Timestamp(milliseconds: days.earliest.firstMillisecond) ?? .earliest)
            page.to = min(page.to, Timestamp(milliseconds: days.latest.lastMillisecond) ?? .latest)
            (page.offset, page.count) = (days.offset, days.count)
        }
        guard page.count > 0 else { return SearchAnswer(total: total, asOf: asOf, rows: RowBlock()) }
        let block = RowBlock(for: search)
        let rows = try query(page.from, page.to, asOf: asOf, offset: page.offset, count: page.count)
            .run(on: connection, for: block)
        return SearchAnswer(total: total, asOf: asOf, rows: try fill(block, rows, asOf: asOf, of: page.count))
    }

    /// The first page of everything: places have no gaps, so that the head is the total too.
    private func answerAtOnce() throws -> SearchAnswer {
        let pinned = search.asOf ?? SequenceNumber(.max)
        let block = RowBlock(for: search)
        let rows = try query(.earliest, .latest, asOf: pinned, offset: 0, count: search.limit)
            .run(on: connection, for: block)
        // No rows are only where nothing is recorded, or nothing is seen.
        guard rows.count > 0 else { return SearchAnswer(total: 0, asOf: SequenceNumber(0), rows: RowBlock()) }
        let asOf = min(pinned, SequenceNumber(rows.integer(0, 5)))
        let total = Int(asOf.number)
        return SearchAnswer(
            total: total,
            asOf: asOf,
            rows: try fill(block, rows, asOf: asOf, of: min(search.limit, total))
        )
    }

    /// The rows behind the one that a block ended with.
    func rows(after rest: RestOfPage) throws -> RowBlock {
        guard let asOf = search.asOf else { throw StoreError.damaged(detail: "the rest of a page is pinned") }
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

    /// Renders as many rows as fit into a block, and says what of the page is left behind them.
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
