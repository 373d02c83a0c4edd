import SendLogCore
import SendLogRecipients
import StoreChecks
import TestSupport
import Testing

@testable import SendLogPostgres

/// A search reads only the rows that it returns: its statements use their indexes, independent of the statistics.
struct QueryPlanTests {
    /// The plan of a prepared statement in a session of the store.
    private func plan(_ sql: String) async throws -> String {
        let database = try TestDatabase()
        let connection = try Connection(
            PostgresLocation(database.url),
            session: PostgresStore.session(lockTimeout: 5, statementTimeout: 30)
        )
        try connection.run("PREPARE query AS \(sql)")
        let count = try connection.rows(
            "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'query'"
        )
        .integer(0, 0)
        let arguments = [String](repeating: "NULL", count: Int(count)).joined(separator: ", ")
        let rows = try connection.rows("EXPLAIN EXECUTE query \(count == 0 ? "" : "(\(arguments))")")
        return (0..<rows.count).map { rows.text($0, 0) }.joined(separator: "\n")
    }

    @Test(arguments: [nil, 1, 2, 16], SortOrder.allCases)
    func `a page comes in order from its index`(campaigns: Int?, order: SortOrder) async throws {
        for isContinued in [false, true] {
            let sql = RowQuery.sql(campaigns: campaigns, order: order, isContinued: isContinued)
            let plan = try await plan(sql)
            let index = campaigns == nil ? "send_logs_by_start" : "send_logs_by_campaign"
            let scans = plan.split(separator: "using \(index) on send_logs").count - 1
            #expect(scans == campaigns ?? 1, "\(plan)")
            #expect(!plan.contains("Sort  ") && !plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
            if campaigns ?? 1 > 1 { #expect(plan.contains("Merge Append"), "\(plan)") }
            if isContinued { #expect(plan.contains("ROW(start, seq)"), "\(plan)") }
        }
    }

    @Test(arguments: SortOrder.allCases)
    func `many campaigns are looked up one by one, and rows are read only for the page`(order: SortOrder) async throws {
        let plan = try await plan(RowQuery.sql(campaigns: 1024, order: order, isContinued: false))
        #expect(plan.contains("Index Only Scan"), "\(plan)")
        #expect(plan.contains("send_logs_by_campaign"), "\(plan)")
        #expect(plan.contains("send_logs_pkey"), "\(plan)")
        #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
    }

    @Test(arguments: [false, true], [false, true])
    func `counts come from counters, and single logs from an index`(
        ofCampaigns: Bool,
        isByDay: Bool
    ) async throws {
        let plan = try await plan(CountQuery.sql(ofCampaigns: ofCampaigns, isByDay: isByDay))
        #expect(plan.contains(ofCampaigns ? "campaign_days_pkey" : "organisation_days_pkey"), "\(plan)")
        // Logs after as_of are found by sequence number, those of partial days by start.
        #expect(plan.contains("using send_logs_pkey on send_logs"), "\(plan)")
        let edges = plan.split(separator: ofCampaigns ? "send_logs_by_campaign" : "send_logs_by_start").count - 1
        #expect(edges == 2, "\(plan)")
        if ofCampaigns { #expect(plan.split(separator: "(campaign = c").count - 1 == 3, "\(plan)") }
        #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
    }

    @Test(arguments: [false, true])
    func `totals come from counters, and parts of days from an index`(ofCampaigns: Bool) async throws {
        let plan = try await plan(TotalsQuery.sql(ofCampaigns: ofCampaigns))
        #expect(plan.contains(ofCampaigns ? "campaign_days_pkey" : "organisation_days_pkey"), "\(plan)")
        #expect(plan.contains("using send_logs_pkey on send_logs"), "\(plan)")
        let index = ofCampaigns ? "send_logs_by_campaign" : "send_logs_by_start"
        #expect(plan.split(separator: "using \(index) on send_logs").count - 1 == 1, "\(plan)")
        #expect(plan.contains("(start >= p") && plan.contains("(start <= p"), "\(plan)")
        if ofCampaigns { #expect(plan.split(separator: "(campaign = c").count - 1 == 2, "\(plan)") }
        #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
        let expected = try await self.plan(TotalsQuery.expectedSQL(ofCampaigns: ofCampaigns))
        #expect(expected.contains(ofCampaigns ? "campaign_days_pkey" : "organisation_days_pkey"), "\(expected)")
        #expect(expected.contains("(day = p.day)") && !expected.contains("Seq Scan"), "\(expected)")
    }

    @Test func `totals of found send logs come from the primary key`() async throws {
        let plan = try await plan(TotalsQuery.foundSQL)
        #expect(plan.contains("Index Scan using send_logs_pkey on send_logs"), "\(plan)")
        #expect(plan.contains("(org_id = $1) AND (seq = ANY ($2))"), "\(plan)")
        #expect(!plan.contains("send_logs_by") && !plan.contains("Seq Scan on"), "\(plan)")
    }

    @Test(arguments: CampaignQuery.Sort.allCases, [false, true])
    func `campaigns come from counters, and their first and last sends from the ends of the index`(
        sort: CampaignQuery.Sort,
        isDescending: Bool
    ) async throws {
        let query = CampaignQuery(text: "a", sort: sort, isDescending: isDescending)
        let plan = try await plan(CampaignReport.sql(query))
        #expect(plan.contains("campaign_days_pkey"), "\(plan)")
        let scans = plan.split(separator: "Index Only Scan").filter { $0.contains("send_logs_by_campaign") }
        #expect(scans.count == ([.first, .last].contains(sort) ? 3 : 2), "\(plan)")
        #expect(!plan.contains("Seq Scan on ") && !plan.contains("Bitmap"), "\(plan)")
    }

    @Test(arguments: CampaignQuery.Sort.allCases, [nil, "a"])
    func `campaigns of a period come from counters, and the logs of cut days from the index by start`(
        sort: CampaignQuery.Sort,
        text: String?
    ) async throws {
        let query = CampaignQuery(text: text, period: .earliest ... .latest, sort: sort)
        let plan = try await plan(CampaignReport.sql(query))
        #expect(plan.contains("campaign_days_pkey"), "\(plan)")
        #expect(plan.split(separator: "Scan using send_logs_by_start on send_logs").count == 2, "\(plan)")
        #expect(plan.contains("(start >= p.first) AND (start <= p.last)"), "\(plan)")
        let ends = plan.split(separator: "Index Only Scan").filter { $0.contains("send_logs_by_campaign") }
        #expect(ends.count == ([.first, .last].contains(sort) ? 3 : 2), "\(plan)")
        #expect(!plan.contains("Seq Scan on ") && !plan.contains("Bitmap"), "\(plan)")
        if text != nil { #expect(plan.contains("hashed SubPlan"), "\(plan)") }
    }

    @Test(arguments: [false, true]) func `tallies come from the counters of their days`(ofCampaigns: Bool) async throws
    {
        let plan = try await plan(PostgresStore.talliesSQL(ofCampaigns: ofCampaigns))
        #expect(plan.contains(ofCampaigns ? "campaign_days_pkey" : "organisation_days_pkey"), "\(plan)")
        #expect(plan.contains("day >= $2") && plan.contains("day <= $3"), "\(plan)")
        #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
    }

    @Test func `logs after a sequence number and counts of ranges come from primary keys`() async throws {
        for sql in [PostgresStore.sendLogsSQL, PostgresStore.sendLogCountSQL] {
            let plan = try await plan(sql)
            #expect(plan.contains("using send_logs_pkey on send_logs"), "\(plan)")
            #expect(plan.contains("(seq >"), "\(plan)")
            #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
        }
        #expect(try await plan(PostgresStore.sendLogCountSQL).contains("organisation_days_pkey"))
    }

    /// The scopes of statements over all organisations.
    private static let scopes = [OrganisationScope.all, .some([1])]

    @Test func `the webhooks of an organisation, their backlogs and their next retries are found by their indexes`()
        async throws
    {
        let plan = try await plan(PostgresStore.dueWebhooksSQL)
        #expect(plan.contains("using webhooks_pkey on webhooks"), "\(plan)")
        #expect(plan.contains("Index Only Scan using webhook_deliveries_due on webhook_deliveries"), "\(plan)")
        #expect(plan.contains("Limit") && !plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
        let lease = try await self.plan(PostgresStore.leasePollSQL)
        #expect(lease.contains("Conflict Arbiter Indexes: server_leases_pkey"), "\(lease)")
    }

    @Test func `due deliveries are found by their index, and only their rows are read`()
        async throws
    {
        let plan = try await plan(PostgresStore.dueDeliveriesSQL)
        #expect(plan.contains("using webhook_deliveries_due on webhook_deliveries"), "\(plan)")
        #expect(plan.contains("next_try <= $3"), "\(plan)")
        #expect(plan.contains("using webhook_deliveries_pkey on webhook_deliveries"), "\(plan)")
        #expect(plan.contains("(seq = ") && plan.contains("(test = "), "\(plan)")
        #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
    }

    @Test(arguments: [nil] + Delivery.State.allCases.map(Optional.some))
    func `deliveries come in order from their index`(state: Delivery.State?) async throws {
        let plan = try await plan(PostgresStore.deliveriesSQL(state))
        let index = [.waiting, .failed].contains(state) ? "webhook_deliveries_by_state" : "webhook_deliveries_pkey"
        #expect(plan.contains("Backward using \(index) on"), "\(plan)")
        #expect(plan.contains("ROW(seq, test) < ROW($3, $4)"), "\(plan)")
        #expect(!plan.contains("Sort") && !plan.contains("Filter") == (state != .delivered), "\(plan)")
    }

    @Test func `failed deliveries of a range are found and counted by their index`() async throws {
        for sql in [PostgresStore.failedDeliveriesSQL, PostgresStore.failedCountSQL] {
            let plan = try await plan(sql)
            #expect(plan.contains("using webhook_deliveries_by_state on"), "\(plan)")
            #expect(plan.contains("(seq > $3) AND (seq <= $4)"), "\(plan)")
            #expect(!plan.contains("Sort") && !plan.contains("Seq Scan") && !plan.contains("Filter"), "\(plan)")
        }
        #expect(try await plan(PostgresStore.failedCountSQL).contains("Index Only Scan"))
    }

    @Test func `backlogs are found in webhook rows, due and old deliveries by their indexes`() async throws {
        for scope in Self.scopes {
            for sql in [PostgresStore.backlogSQL(scope), PostgresStore.dueSQL(scope)] {
                let plan = try await plan(sql)
                #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
                #expect(!plan.contains("webhook_deliveries_pkey"), "\(plan)")
            }
            let due = try await plan(PostgresStore.dueSQL(scope))
            #expect(due.contains("webhook_deliveries_due") && due.contains("next_try <= $1"), "\(due)")
        }
        let old = try await plan(PostgresStore.oldDeliveriesSQL(.all))
        #expect(old.contains("using webhook_deliveries_by_age") && !old.contains("Sort"), "\(old)")
    }

    @Test func `delayed webhooks are found by the samples after their cursor, and by deliveries that wait`()
        async throws
    {
        for sql in Self.scopes.flatMap({ [PostgresStore.delayedBacklogSQL($0), PostgresStore.delayedRetrySQL($0)] }) {
            let plan = try await plan(sql)
            #expect(!plan.contains("Seq Scan on ") && !plan.contains("Bitmap"), "\(plan)")
            #expect(!plan.contains("webhook_deliveries_pkey"), "\(plan)")
            #expect(plan.contains("using recording_times_pkey on recording_times"), "\(plan)")
            #expect(plan.contains("(sequence > w."), "\(plan)")
        }
        let retries = try await plan(PostgresStore.delayedRetrySQL(.all))
        #expect(retries.contains("using webhook_deliveries_due on webhook_deliveries"), "\(retries)")
    }

    @Test func `old idempotency keys are found by their age, and a key by its primary key`() async throws {
        let old = try await plan(PostgresStore.oldIdempotencyKeysSQL(.all))
        #expect(old.contains("using idempotency_keys_by_age") && !old.contains("Sort"), "\(old)")
        let begun = try await plan(PostgresStore.beginRequestSQL)
        #expect(begun.contains("Conflict Arbiter Indexes: idempotency_keys_pkey"), "\(begun)")
    }

    @Test func `links to recipients are found by their token, their recipient and their end`() async throws {
        let added = try await plan(PostgresStore.addRecipientLinkSQL)
        #expect(added.contains("Conflict Arbiter Indexes: recipient_links_recipient_key"), "\(added)")
        let token = try await plan(PostgresStore.recipientOfLinkSQL)
        #expect(token.contains("using recipient_links_pkey") && token.contains("(token = $2)"), "\(token)")
        let excess = try await plan(PostgresStore.excessRecipientLinksSQL)
        #expect(excess.split(separator: "Index Cond: (").count - 1 >= 2, "\(excess)")
        #expect(excess.contains("Index Only Scan Backward using recipient_links_by_organisation"), "\(excess)")
        for other in ["recipient_links_by_end", "Seq Scan", "Bitmap", "Sort"] {
            #expect(!excess.contains(other), "\(excess)")
        }
        let expired = try await plan(PostgresStore.expiredRecipientLinksSQL(.all))
        #expect(expired.contains("using recipient_links_by_end") && !expired.contains("Sort"), "\(expired)")
    }

    @Test func `buckets of a recipient are found by their primary key, and each is read once`() async throws {
        let plan = try await plan(PostgresStore.lookUpSQL)
        let keys = plan.split(separator: "recipient_buckets_pkey on recipient_buckets").count - 1
        #expect(keys == 3 && plan.contains("Group Key"), "\(plan)")
        #expect(plan.contains("Index Only Scan Backward using recipient_buckets_pkey"), "\(plan)")
        for condition in ["first_group < g.number", "first_group = g.number", "ordinal = "] {
            #expect(plan.contains("(segment = s.id)") && plan.contains(condition), "\(plan)")
        }
        #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap") && !plan.contains("Sort"), "\(plan)")
    }

    @Test func `buckets are read, and deleted, in the order of their primary key`() async throws {
        for sql in [PostgresStore.bucketsSQL, PostgresStore.bucketKeysSQL, PostgresStore.deleteBucketsSQL] {
            let plan = try await plan(sql)
            #expect(plan.contains("using recipient_buckets_pkey on"), "\(plan)")
            #expect(plan.contains("(org_id = $1) AND (segment = $2)"), "\(plan)")
            #expect(!plan.contains("Sort") && !plan.contains("Filter") && !plan.contains("Join"), "\(plan)")
        }
    }

    @Test func `lists are read in the order of recording, and ranges of send logs by counters and primary key`()
        async throws
    {
        let chunks = try await plan(PostgresStore.recordedChunksSQL)
        #expect(chunks.contains("ROW(seq, number) >= ROW($2, $3)") && !chunks.contains("Sort"), "\(chunks)")
        let ranges = try await plan(PostgresStore.recordedRangesSQL)
        #expect(ranges.contains("Index Only Scan using send_logs_pkey") && !ranges.contains("Sort"), "\(ranges)")
        let blocks = try await plan(PostgresStore.blockCountsSQL)
        #expect(blocks.contains("organisation_days_pkey") && !blocks.contains("Seq Scan"), "\(blocks)")
    }

    @Test func `an organisation's index is read from its own rows`() async throws {
        let plan = try await plan(RecipientRows.indexSQL)
        #expect(plan.split(separator: "Index Cond: (org_id = $1)").count - 1 == 3, "\(plan)")
        #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
    }

    @Test func `organisations whose index has work are found without scanning`() async throws {
        let work = [RecipientIndexWork.additions, .merges]
        let all = Self.scopes.flatMap { scope in
            work.map { PostgresStore.recipientWorkSQL($0, scope) } + [PostgresStore.recipientLagSQL(scope)]
        }
        for sql in all + work.map(PostgresStore.hasRecipientWorkSQL) {
            let plan = try await plan(sql)
            #expect(plan.contains("recipient_indexes_pkey") && plan.contains("organisation_heads_pkey"), "\(plan)")
            #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "\(plan)")
        }
    }

    @Test(arguments: SortOrder.allCases)
    func `the send logs of recipients are found by their sequence numbers alone`(order: SortOrder) async throws {
        for sql in [FoundQuery.keysSQL(order), FoundQuery.rowsSQL(order)] {
            let plan = try await plan(sql)
            #expect(plan.contains("Index Scan using send_logs_pkey on send_logs"), "\(plan)")
            #expect(plan.contains("(org_id = $1) AND (seq = ANY ($2))"), "\(plan)")
            #expect(!plan.contains("send_logs_by") && !plan.contains("Seq Scan on"), "\(plan)")
        }
        // Up to 1,000 campaigns are compared by their hashes.
        let keys = try await plan(FoundQuery.keysSQL(order))
        #expect(keys.contains("hashed SubPlan"), "\(keys)")
    }

    @Test func `recording does not scan tables that have many logs`() async throws {
        try await withStore { store, database in
            let organisation = try await store.organisation()
            for batch in 0..<4 {
                let logs = try (0..<1000).map {
                    try Sample.plain("log-\(batch)-\($0)", campaign: "c\($0 % 9)", count: 1)
                }
                _ = try await store.record(logs, in: organisation)
            }
            try database.sql("SELECT pg_stat_reset()")
            _ = try await store.record([Sample.plain("one", count: 1)], in: organisation)
            // Statistics are written when the session ends, or soon after; without them the scans would always be 0.
            store.close()
            let isKnown =
                "SELECT coalesce(sum(idx_scan), 0) > 0 FROM pg_stat_user_tables WHERE relname = 'organisation_heads'"
            let haveArrived = try await TestSupport.Deadline.wait(for: 60) { try database.sql(isKnown) == ["t"] }
            #expect(haveArrived, "the statistics were not written")
            let scans = try database.sql(
                "SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_user_tables WHERE relname <> 'sendlog_schema'"
            )
            #expect(scans == ["0"])
        }
    }
}
