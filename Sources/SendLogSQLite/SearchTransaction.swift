import GRDB
import SendLogCore

/// One search of a snapshot, within a read transaction.
struct SearchTransaction {
    let database: Connection
    let organisation: OrganisationID
    let plan: SearchPlan
    /// The organisation or campaigns to search; empty if none of the campaigns exists.
    let sources: [LogSource]

    init(_ database: Connection, organisation: OrganisationID, search: SendLogSearch) throws {
        self.database = database
        self.organisation = organisation
        plan = SearchPlan(search, head: try LogHead(of: organisation, on: database))
        if let campaigns = search.campaigns {
            sources = try campaigns.compactMap { campaign in
                try database.campaignNumber(campaign, in: organisation).map { .campaign($0) }
            }
        } else {
            sources = [.organisation(organisation.number)]
        }
    }

    func answer() throws -> SearchResult {
        if plan.isEmpty || sources.isEmpty { return plan.result(total: 0) }
        let counts = DayCounts(database: database, organisation: organisation, sources: sources, plan: plan)
        let total = try plan.knownTotal ?? counts.total()
        let isByDay = plan.search.isByDay(mergesLazily: true)
        let page = try plan.page(total: total, isByDay: isByDay, forEachDay: counts.forEachDay)
        guard let page else { return plan.result(total: total) }
        let range = range(from: page.from, to: page.to)
        let rows = try rows(in: range, offset: page.offset, into: PageBuilder(plan, count: page.count))
        return plan.result(total: total, rows: rows)
    }

    /// Returns the rows that follow the last row of a block.
    func rows(after rest: RestOfPage) throws -> RowBlock {
        if let found = rest.found { return try fill(PageBuilder(rest), with: found) }
        var range = range(from: plan.from, to: plan.to)
        range.after = (rest.start, rest.sequence)
        return try rows(in: range, offset: 0, into: PageBuilder(rest))
    }

    private func range(from: Timestamp, to: Timestamp) -> LogRange {
        LogRange(
            from: from,
            to: to,
            order: plan.search.order,
            asOf: RowID(organisation, plan.asOf),
            organisation: organisation
        )
    }

    private func rows(in range: LogRange, offset: Int, into page: PageBuilder) throws -> RowBlock {
        var page = page
        let count = page.left
        guard count > 0 else { return page.block }
        page.reserve(count)
        if let source = sources.first, sources.count == 1 {
            try range.forEach(
                source,
                columns: "place, start, destinations, record",
                offset: offset,
                count: count,
                on: database
            ) { try append($0, to: &page) }
        } else if offset == 0, range.after == nil, sources.count <= RowMerge.maxSources {
            var merge = try RowMerge(sources, in: range, count: count, on: database)
            while try !page.isComplete && merge.next({ try append($0, to: &page) }) {}
        } else {
            // A block seldom holds more than 2048 rows, and the merge should not read rows for later blocks.
            let requested = offset + min(count, 2048)
            var merge = try CampaignMerge(sources, in: range, requested: requested, on: database)
            for _ in 0..<offset { _ = try merge.next() }
            while !page.isComplete, let rowID = try merge.next() {
                guard try append(rowID, to: &page) else {
                    throw StoreError.corrupted(detail: "an index refers to a send log that does not exist")
                }
            }
        }
        return page.finish(hasMore: page.block.isFull)
    }

    /// Appends the row of a send log.
    ///
    /// - Returns: whether the send log exists.
    func append(_ rowID: RowID, to page: inout PageBuilder) throws -> Bool {
        var query = try Query(
            "SELECT place, start, destinations, record FROM send_logs WHERE place = ?",
            on: database
        )
        try query.bind(rowID.rawValue)
        guard try query.step() else { return false }
        _ = try append(query, to: &page)
        return true
    }

    /// Appends the current row of a query for the columns `place`, `start`, `destinations` and `record`.
    ///
    /// - Returns: whether the block takes no more rows.
    private func append(_ query: borrowing Query, to page: inout PageBuilder) throws -> Bool {
        page.append(
            query.rawBytes(3),
            sequence: RowID(rawValue: query.integer(0)).sequence,
            start: query.integer(1),
            destinations: try query.count(2)
        )
        return page.isComplete
    }
}
