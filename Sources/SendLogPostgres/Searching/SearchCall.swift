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
        if let found = search.found { return try answer(limitedTo: found) }
        if search.isUnfiltered, search.skip == 0, search.limit > 0, let result = try unfilteredFirstPage() {
            return result
        }
        let isByDay = search.isByDay(mergesLazily: false)
        let counting = CountQuery(organisation: organisation, search: search, isByDay: isByDay)
        let counts = try counting.run(on: connection)
        guard counts.head.hasGaps else { return try answer(counts, isByDay: isByDay) }
        // Logs may be deleted between the statements, which must count and read the same ones.
        return try connection.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
            try answer(try counting.run(on: connection), isByDay: isByDay)
        }
    }

    private func answer(_ counts: CountQuery.Counts, isByDay: Bool) throws -> SearchResult {
        let (plan, total) = (SearchPlan(search, head: counts.head), counts.total)
        let page = try plan.page(total: total, isByDay: isByDay) { order, body in
            _ = DayCount.sorted(counts.days, order).allSatisfy(body)
        }
        guard let page else { return plan.result(total: total) }
        let builder = PageBuilder(plan, count: page.count)
        let rows = try query(page, asOf: plan.asOf).run(on: connection, for: builder.block)
        return plan.result(total: total, rows: try fill(builder, rows))
    }

    /// Returns the first page of all logs with one statement: the head has their total.
    ///
    /// - Returns: the page; `nil` if there are no rows, or if only counting gives the total.
    private func unfilteredFirstPage() throws -> SearchResult? {
        let query = query(SearchPlan.RowRange(of: search), asOf: search.asOf ?? SequenceNumber(.max))
        let rows = try query.run(on: connection, for: RowBlock(for: search))
        guard rows.count > 0 else { return nil }
        let plan = SearchPlan(
            search,
            head: try LogHead(storedSequence: rows.integer(0, 5), deleted: rows.integer(0, 6))
        )
        guard let total = plan.knownTotal else { return nil }
        return plan.result(total: total, rows: try fill(PageBuilder(plan, count: min(search.limit, total)), rows))
    }

    /// Returns the rows after the last one of a block.
    func rows(after rest: RestOfPage) throws -> RowBlock {
        let builder = try PageBuilder(rest)
        if let found = rest.found { return try fill(builder, found: found) }
        let query = query(
            SearchPlan.RowRange(of: search),
            asOf: search.asOf ?? SequenceNumber(0),
            after: (rest.start, rest.sequence)
        )
        return try fill(builder, try query.run(on: connection, for: builder.block))
    }

    /// Returns the total and the first block of a search that is limited to sequence numbers.
    private func answer(limitedTo found: [Int64]) throws -> SearchResult {
        let query = FoundQuery(organisation: organisation, search: search)
        // Logs may be deleted between the statements, which must count and read the same ones.
        return try connection.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
            let keys = try query.keys(of: found, on: connection)
            let plan = SearchPlan(search, head: keys.head)
            let builder = PageBuilder(plan, count: keys.sequences.count)
            return plan.result(total: keys.total, rows: try fill(builder, found: keys.sequences[...]))
        }
    }

    /// Appends as many rows of these logs as fit into a block, and keeps the others for the next block.
    ///
    /// - Parameters:
    ///   - page: the page
    ///   - sequences: the logs of the page that are not in earlier blocks, in the order of the search
    /// - Returns: the block.
    /// - Throws: ``PostgresFailure``; ``StoreError/corrupted(detail:)``.
    private func fill(_ page: PageBuilder, found sequences: ArraySlice<Int64>) throws -> RowBlock {
        let query = FoundQuery(organisation: organisation, search: search)
        var (left, block) = (sequences, page.block)
        // All logs of a part may have been deleted meanwhile.
        while block.rows.isEmpty, !left.isEmpty {
            let next = left.prefix(max(1, block.size / RowQuery.typicalRowLength))
            left = left.dropFirst(next.count)
            block = try fill(page, try query.rows(of: next, on: connection))
        }
        guard let rest = block.rest, let last = block.rows.last?.sequence.number,
            let position = sequences.firstIndex(of: last), position + 1 < sequences.endIndex
        else {
            block.rest = nil
            return block
        }
        let found = sequences[(position + 1)...]
        block.rest = RestOfPage(search: rest.search, start: rest.start, sequence: rest.sequence, found: found)
        return block
    }

    private func query(
        _ page: SearchPlan.RowRange,
        asOf: SequenceNumber,
        after: (start: Timestamp, sequence: SequenceNumber)? = nil
    ) -> RowQuery {
        RowQuery(
            organisation: organisation,
            campaigns: search.campaigns,
            order: search.order,
            rows: page,
            asOf: asOf,
            after: after
        )
    }

    /// Appends as many rows as fit into a block.
    private func fill(_ page: PageBuilder, _ rows: Rows) throws -> RowBlock {
        var (page, fitting, length) = (page, 0, 0)
        var long: [Int64] = []
        while fitting < rows.count, length < page.block.size {
            try StoredNumber.add(rows.count(fitting, 4), to: &length)
            if rows.isNull(fitting, 3) { long.append(rows.integer(fitting, 0)) }
            fitting += 1
        }
        let longRecords = try RowQuery.longRecords(long, of: organisation, on: connection)
        page.reserve(fitting)
        for row in 0..<fitting {
            let (sequence, start, destinations) = (rows.integer(row, 0), rows.integer(row, 1), try rows.count(row, 2))
            func append(_ record: UnsafeRawBufferPointer) {
                page.append(record, sequence: SequenceNumber(sequence), start: start, destinations: destinations)
            }
            if let record = longRecords[sequence] {
                record.withUnsafeBytes { append($0) }
            } else if !rows.isNull(row, 3) {
                append(rows.rawBytes(row, 3))
            }
            // Otherwise the log was deleted between the two statements.
        }
        return page.finish(hasMore: true)
    }
}
