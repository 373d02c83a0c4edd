import GRDB
import SendLogCore
import StoreChecks
import Testing

@testable import SendLogSQLite

/// A search reads only the rows that it returns: its statements use their indexes.
struct QueryPlanTests {
    private static let sources: [LogSource] = [.organisation(1), .campaign(1)]

    /// The columns that are read of each log, and the kind of index that finds it.
    private static let columns = [
        ("place, start, destinations, record", "INDEX"), ("start, place", "COVERING INDEX"),
        (TotalsReading.columns, "INDEX"),
    ]

    @Test(arguments: sources, SortOrder.allCases)
    func `a page is found by its index and comes in order`(source: LogSource, order: SortOrder) async throws {
        for (columns, kind) in Self.columns {
            let plan = try await plan(LogRange.sql(source, order: order, columns: columns))
            #expect(
                plan == ["SEARCH send_logs USING \(kind) \(source.index) (\(source.column)=? AND start>? AND start<?)"]
            )
        }
    }

    @Test(arguments: sources, SortOrder.allCases)
    func `a page that begins within a millisecond uses its index`(source: LogSource, order: SortOrder) async throws {
        // Without the row ID in the seek, a page among a million logs of one millisecond would scan all of them.
        let bounds = order == .oldestFirst ? "rowid>? AND rowid<?" : "rowid<?"
        for (columns, kind) in Self.columns {
            let plan = try await plan(LogRange.tiesSQL(source, order: order, columns: columns))
            #expect(
                plan == [
                    "SEARCH send_logs USING \(kind) \(source.index) (\(source.column)=? AND start=? AND \(bounds))"
                ]
            )
        }
    }

    @Test(arguments: sources) func `part of a day is counted within the index`(source: LogSource) async throws {
        let plan = try await plan(DayCounts.countSQL(source))
        #expect(
            plan == [
                "SEARCH send_logs USING COVERING INDEX \(source.index) (\(source.column)=? AND start>? AND start<?)"
            ]
        )
    }

    @Test(arguments: sources) func `totals come from the counters of their days`(source: LogSource) async throws {
        let plan = try await plan(TotalsReading.countersSQL(source))
        #expect(plan == ["SEARCH \(source.counters) USING PRIMARY KEY (\(source.column)=? AND day>? AND day<?)"])
    }

    @Test(arguments: CampaignQuery.Sort.allCases, [nil, "a"])
    func `campaigns are found by organisation, and their counters and sends by campaign`(
        sort: CampaignQuery.Sort,
        text: String?
    ) async throws {
        let plan = try await plan(CampaignReport.sql(CampaignQuery(text: text, sort: sort)))
        #expect(
            plan.contains("SEARCH campaigns USING INDEX sqlite_autoindex_campaigns_1 (organisation=?)")
                || plan.contains("SEARCH c USING INDEX sqlite_autoindex_campaigns_1 (organisation=?)"),
            "\(plan)"
        )
        for table in ["campaign_days", "send_logs"] {
            let steps = plan.filter { $0.contains(table) }
            #expect(!steps.isEmpty && steps.allSatisfy { $0.contains("(campaign=?)") }, "\(table): \(plan)")
        }
    }

    @Test(arguments: CampaignQuery.Sort.allCases, [nil, "a"])
    func `campaigns of a period read its days of their counters, and seek their first and last sends`(
        sort: CampaignQuery.Sort,
        text: String?
    ) async throws {
        let query = CampaignQuery(text: text, period: .earliest ... .latest, sort: sort)
        let plan = try await plan(CampaignReport.periodSQL(query))
        #expect(plan.contains { $0.contains("SEARCH c USING") && $0.contains("(organisation=?)") }, "\(plan)")
        #expect(plan.contains("SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"), "\(plan)")
        let days = plan.filter { $0.contains("campaign_days") }
        #expect(days.count == 2 && days.allSatisfy { $0.hasSuffix("(campaign=? AND day>? AND day<?)") }, "\(plan)")
        let ends = plan.filter { $0.contains("send_logs") }
        let seek = "SEARCH send_logs USING COVERING INDEX send_logs_by_campaign (campaign=? AND start>? AND start<?)"
        #expect(ends.count == ([.first, .last].contains(sort) ? 3 : 2) && ends.allSatisfy { $0 == seek }, "\(plan)")
        // The counters and what was read of cut days are computed once for the totals and the page.
        #expect(plan.filter { $0 == "MATERIALIZE counted" }.count == 1, "\(plan)")
        #expect(!plan.contains { $0.contains("AUTOMATIC") }, "\(plan)")
    }

    @Test(arguments: sources, SortOrder.allCases)
    func `skipped logs are not read`(source: LogSource, order: SortOrder) async throws {
        let sql = LogRange.sql(source, order: order, columns: "place, start, destinations, record")
        let program = try await program(sql)
        // The index cursor has the row ID; the table's row is read only when its first column is needed…
        let seek = try #require(program.firstIndex { $0.opcode == "DeferredSeek" })
        let table = program[seek].p3
        // …and the offset is decremented before that.
        let offset = try #require(program[seek...].firstIndex { $0.opcode == "IfPos" })
        let reads = program.indices.filter { program[$0].opcode == "Column" && program[$0].p1 == table }
        #expect(reads.count == 2)
        #expect(reads.allSatisfy { $0 > offset })
        #expect(!program.contains { ["SeekRowid", "NotExists", "FinishSeek", "SorterOpen"].contains($0.opcode) })
    }

    @Test func `every statement uses an index`() async throws {
        let statements = try await StatementLog.ofEveryMethod()
        #expect(statements.count > 45)
        // These statements may scan: the list of organisations, which returns all; the ping, which reads one row; the
        // search for pending webhooks, which are few; a page of campaigns, which is read after it is found; the numbers of
        // campaigns in JSON, and what was computed of the campaigns in a period; the one row
        // of the WAL's generation; organisations to sample and to index; and the metrics of all webhooks, with their failed
        // deliveries.
        let pending = "row_number() OVER (PARTITION BY organisation, healthy"
        let page = "AS key FROM campaigns c"
        let (numbers, counted) = ("FROM json_each(?)", "WITH counted AS MATERIALIZED")
        let whole = [
            numbers, counted, "WHERE TRUE ORDER BY id", "SELECT 1 FROM organisations LIMIT 1", pending, page,
            "UPDATE wal_generation",
            "FROM organisations o LEFT JOIN recording_times", "lead(at) OVER", "SELECT count(*), coalesce(sum(active",
            "FROM webhooks w JOIN organisations", "WHERE TRUE AND state = 'failed'",
            "FROM organisations o LEFT JOIN recipient_indexes",
        ]
        // These statements may sort: an organisation's webhooks, which are few; due deliveries, which are found by time
        // and returned in the order of recording; campaigns, which are sorted by sums of counters; the samples of an
        // organisation, of which there are at most 1,440 a day; organisations to index; and an organisation's links to
        // recipients, at most 10,001.
        let sorted = [
            "FROM webhooks WHERE", "INDEXED BY webhook_deliveries_due", pending, page, counted, "lead(at) OVER",
            "ORDER BY at",
            "ORDER BY ifnull(i.lease_start, 0)", "ORDER BY expires DESC, rowid DESC",
        ]
        try await withStore { store, _ in
            for sql in statements {
                let plan = try await Self.plan(sql, of: store)
                for line in plan {
                    #expect(!line.contains("SCAN") || whole.contains(where: sql.contains), "\(line) in \(sql)")
                    #expect(
                        !line.contains("TEMP B-TREE") || sorted.contains(where: sql.contains),
                        "\(line) in \(sql)"
                    )
                    #expect(!line.contains("AUTOMATIC"), "\(line) in \(sql)")
                }
            }
        }
    }

    @Test func `recipients are looked up, and lists are read for their index, by primary keys`() async throws {
        let statements = try await StatementLog.ofEveryMethod()
        let buckets = "SEARCH recipient_buckets USING INDEX sqlite_autoindex_recipient_buckets_1 "
        for (part, expected) in [
            ("ORDER BY first_group DESC", buckets + "(organisation=? AND segment=? AND first_group<?)"),
            (
                "(first_group, ordinal) > (?, ?)",
                buckets + "(organisation=? AND segment=? AND (first_group,ordinal)>(?,?))"
            ),
            (
                "(place, number) >= (?, ?)",
                "SEARCH destination_chunks USING PRIMARY KEY ((place,number)>(?,?) AND place<?)"
            ),
            (
                "SELECT start, campaign, destinations FROM send_logs WHERE place = ?",
                "SEARCH send_logs USING INTEGER PRIMARY KEY (rowid=?)"
            ),
            (
                "SELECT recipient FROM recipient_links",
                "SEARCH recipient_links USING INDEX sqlite_autoindex_recipient_links_1 (organisation=? AND token=?)"
            ),
        ] {
            let sql = try #require(statements.first { $0.contains(part) }, "\(part)")
            let plan = try await plan(sql)
            #expect(plan == [expected])
        }
    }

    @Test func `delayed webhooks are found by the samples after their cursor, and by deliveries that wait`()
        async throws
    {
        let statements = try await StatementLog.ofEveryMethod()
        let sql = try #require(statements.first { $0.contains("coalesce(sum(active") })
        let plan = try await plan(sql)
        #expect(plan.contains("SEARCH t USING PRIMARY KEY (organisation=? AND sequence>?)"), "\(plan)")
        let due = "SEARCH d USING INDEX webhook_deliveries_due (organisation=? AND webhook=? AND next_try>?)"
        #expect(plan.contains(due), "\(plan)")
    }

    @Test func `excess links to recipients are found in an index that has their order`() async throws {
        let statements = try await StatementLog.ofEveryMethod()
        let sql = try #require(statements.first { $0.contains("INDEXED BY recipient_links_by_organisation") })
        let plan = try await plan(sql)
        let index = "COVERING INDEX recipient_links_by_organisation (organisation=?)"
        #expect(plan.contains("SEARCH recipient_links USING \(index)"), "\(plan)")
        #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
    }

    @Test func `failed and waiting deliveries are found by their own index`() async throws {
        let all = try await StatementLog.ofEveryMethod().filter { $0.contains("state = '") }
        let statements = all.filter { $0.contains("(sequence, test) < (?, ?)") }
        #expect(statements.count == Delivery.State.allCases.count)
        for sql in all where sql.contains("sequence > ?") {
            let plan = try await plan(sql)
            #expect(plan.count == 1 && plan[0].contains("state=? AND sequence>? AND sequence<?"), "\(plan)")
        }
        for sql in statements {
            let plan = try await plan(sql)
            let isDelivered = sql.contains("state = 'delivered'")
            #expect(plan.count == 1 && plan[0].contains("webhook_deliveries_failed") == !isDelivered, "\(plan)")
            #expect(plan[0].contains("(sequence,test)<(?,?)"), "\(plan)")
        }
    }

    private func plan(_ sql: String) async throws -> [String] {
        var plan: [String] = []
        try await withStore { store, _ in plan = try await Self.plan(sql, of: store) }
        return plan
    }

    private static func plan(_ sql: String, of store: SQLiteStore) async throws -> [String] {
        try await store.readers.scan(for: OrganisationID(1)) { connection in
            let query = try Query(dynamicSQL: "EXPLAIN QUERY PLAN \(sql)", on: connection)
            var lines: [String] = []
            while try query.step() { lines.append(query.text(3)) }
            return lines
        }
    }

    /// An instruction of the bytecode that SQLite compiles a statement to (<https://www.sqlite.org/opcode.html>).
    private struct Step {
        let opcode: String
        let p1: Int64
        let p3: Int64
    }

    private func program(_ sql: String) async throws -> [Step] {
        var program: [Step] = []
        try await withStore { store, _ in
            program = try await store.readers.scan(for: OrganisationID(1)) { connection in
                let query = try Query(dynamicSQL: "EXPLAIN \(sql)", on: connection)
                var steps: [Step] = []
                while try query.step() {
                    steps.append(Step(opcode: query.text(1), p1: query.integer(2), p3: query.integer(4)))
                }
                return steps
            }
        }
        return program
    }
}
