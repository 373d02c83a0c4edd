import GRDB
import SendLogCore
import SendLogRecipients
import StoreChecks
import Synchronization
import Testing

@testable import SendLogSQLite

/// Logs the statements that a store runs.
final class StatementLog: Sendable {
    private let seen = Mutex<Set<String>>([])

    /// The queries and changes that were run, without transaction control and settings.
    var statements: Set<String> {
        seen.withLock { seen in
            seen.filter { sql in ["SELECT", "INSERT", "UPDATE", "DELETE"].contains { sql.hasPrefix($0) } }
        }
    }

    private func watch(_ database: Database) {
        database.trace(options: .statement) { event in
            guard case .statement(let statement) = event else { return }
            let sql = statement.sql
            self.seen.withLock { _ = $0.insert(sql) }
        }
    }

    /// Calls every method of a store on all code paths, and returns the statements that it runs.
    ///
    /// It does not call `check` and `backUp`, which read everything.
    static func ofEveryMethod() async throws -> Set<String> {
        let log = StatementLog()
        try await withStore(.init(readers: 1)) { store, _ in
            store.writer.queue.inDatabase { log.watch($0) }
            try await store.readers.pointRead { connection in connection.queue.inDatabase { log.watch($0) } }
            try await store.pointReaders.pointRead { first in
                first.queue.inDatabase { log.watch($0) }
                _ = try store.pointReaders.pointReadIfIdle { second in second.queue.inDatabase { log.watch($0) } }
            }
            try await useOrganisations(of: store)
            try await useLogs(of: store)
            try await useTotals(of: store)
            try await useCampaigns(of: store)
            try await useWebhooks(of: store)
            try await useIdempotencyKeys(of: store)
            try await useRecipients(of: store)
        }
        return log.statements
    }

    private static func useOrganisations(of store: SQLiteStore) async throws {
        let name = try #require(OrganisationName("Acme"))
        let organisation = try await store.createOrganisation(named: name, at: .earliest).id
        _ = try await store.organisations()
        _ = try await store.organisation(named: name)
        _ = try await store.directory()
        _ = try await store.organisation(organisation)
        try await store.setCallingCode(CallingCode("27"), of: organisation)
        let described = NewAPIKey(name: "", permissions: [.all], expires: nil)
        let hash = [UInt8](repeating: 1, count: 32)
        let key = try await store.createKey(described, hash: hash, in: organisation, at: .earliest)
        _ = try await store.keys(in: organisation)
        _ = try await store.keys(hashPrefix: [1])
        try await store.updateLastUsed(of: [key.id: .latest])
        try await store.createSession(hash, of: key.id, in: organisation, at: .earliest, until: .latest)
        for owner in [organisation, nil] {
            _ = try await store.sessionKey(hash, in: owner, at: .earliest)
            try await store.endSession(hash, in: owner)
            try await store.createSession(hash, of: key.id, in: organisation, at: .earliest, until: .latest)
        }
        _ = try await store.revokeKey(key.id, in: organisation, at: .latest)
        try await store.ping()
    }

    private static func useLogs(of store: SQLiteStore) async throws {
        let organisation = try await store.organisation(named: #require(OrganisationName("Acme"))).id
        let logs = try (0..<40).map { try Sample.plain("log-\($0)", campaign: "c\($0 % 2)", day: $0 / 4, count: 1) }
        _ = try await store.record(logs, in: organisation)
        _ = try await store.record([logs[0], Sample.plain("log-1", campaign: "c9")], in: organisation)
        _ = try await store.sendLog(logs[0].id, in: organisation)
        #expect(try store.sendLogWithoutBlocking(logs[0].id, in: organisation) != nil)
        store.endReads()
        _ = try await store.sendLogs(after: SequenceNumber(0), in: organisation)
        let range = SequenceNumber(2)...SequenceNumber(2 * CounterBlock.size + 9)
        _ = try await store.sendLogCount(in: [range], of: organisation)
        try await store.raiseHead(to: SequenceNumber(1), in: organisation)
        _ = try await store.destinations(of: SequenceNumber(1), from: 0, limit: 4, in: organisation) { _ in true }
        let campaigns = [logs[0].campaignID, logs[1].campaignID]
        let many = (0...RowMerge.maxSources).compactMap { CampaignID("c\($0)") }
        _ = try await store.record(many.map { try Sample.plain("of-\($0)", campaign: $0.text) }, in: organisation)
        _ = try await store.search(SendLogSearch(campaigns: many), in: organisation)
        for (campaigns, skip) in [(nil, 2), ([campaigns[0]], 2), (campaigns, 2), (campaigns, 0)] {
            for order in SortOrder.allCases {
                for asOf in [SequenceNumber(10_000), SequenceNumber(30)] {
                    let search = SendLogSearch(
                        campaigns: campaigns,
                        from: Timestamp(milliseconds: 1),
                        to: Timestamp(milliseconds: 800_000_000),
                        skip: skip,
                        order: order,
                        asOf: asOf
                    )
                    _ = try await store.search(search, in: organisation)
                    let rest = RestOfPage(search: search, start: logs[9].start, sequence: SequenceNumber(10))
                    _ = try await store.rows(rest, in: organisation)
                }
            }
        }
    }

    private static func useTotals(of store: SQLiteStore) async throws {
        let organisation = try await store.organisation(named: #require(OrganisationName("Acme"))).id
        let cut = try #require(Timestamp(milliseconds: 3 * Day.milliseconds + 43_199_999))
        let periods = [Timestamp.earliest...cut, cut.advanced(by: 1)...Timestamp.latest]
        var found = SendLogSearch()
        found.found = [1, 2]
        for search in [
            SendLogSearch(asOf: SequenceNumber(30)), SendLogSearch(campaigns: [try #require(CampaignID("c0"))]), found,
        ] {
            _ = try await store.totals(of: search, in: periods, maxReads: nil, of: organisation)
            var reading = TotalsReading(search, TotalsPlan(periods), maxReads: nil, in: organisation)
            while try await store.readers.scan(for: organisation, { try reading.readSlice(of: 1, on: $0) }) == .more {}
        }
    }

    private static func useCampaigns(of store: SQLiteStore) async throws {
        let organisation = try await store.organisation(named: #require(OrganisationName("Acme"))).id
        for sort in CampaignQuery.Sort.allCases {
            for (text, isWhole) in [(nil, false), ("c", false), ("c", true)] {
                for period in [nil, Timestamp.earliest ... .latest] {
                    var query = CampaignQuery(text: text, period: period, sort: sort)
                    query.isWhole = isWhole
                    _ = try await store.campaigns(query, in: organisation)
                    query.isSummed = true
                    _ = try await store.campaigns(query, in: organisation)
                }
            }
        }
        // Two slices of the day that a period cuts, and what was recorded meanwhile.
        let noon = try Sample.plain("noon", day: 1).start
        var period = CampaignPeriod(noon...noon, organisation: organisation)
        for _ in 0..<2 { try await store.readers.scan(for: organisation) { try period.readSlice(of: 1, on: $0) } }
        _ = try await store.record([Sample.plain("meanwhile", day: 1)], in: organisation)
        try await store.readers.scan(for: organisation) { try period.complete(on: $0) }
        let id = try #require(CampaignID("c0"))
        _ = try await store.campaign(id, in: organisation)
        _ = try await store.nameCampaign(id, #require(CampaignName("Named")), in: organisation)
        // Names are queried one by one only if the organisation has any.
        for ids in [nil, [id]] { #expect(try await store.campaignNames(of: ids, in: organisation).count == 1) }
        let days = Timestamp.earliest.day...Timestamp.latest.day
        for campaigns in [nil, [id]] { _ = try await store.tallies(of: campaigns, over: days, in: organisation) }
        _ = try await store.tallies(ofEach: [id], over: days, in: organisation)
    }

    private static func useIdempotencyKeys(of store: SQLiteStore) async throws {
        let organisation = try await store.organisation(named: #require(OrganisationName("Acme"))).id
        let request = try Sample.request("key", attempt: "one")
        for _ in 0..<2 { _ = try await store.beginRequest(request, in: organisation) }
        try await store.releaseRequest(request, in: organisation)
        let response = StoredResponse(status: 200, location: "", body: [])
        try await store.finishRequest(request, with: response, in: organisation)
        _ = try await store.deleteIdempotencyKeys(before: .latest)
    }

    private static func useRecipients(of store: SQLiteStore) async throws {
        let organisation = try await store.organisation(named: #require(OrganisationName("Acme"))).id
        _ = try await store.deleteSendLogs([SequenceNumber(2)], in: organisation)
        try await store.index(pairs: 1)
        _ = try await store.recipientIndexLag()
        let groups = [RecipientCode(RecipientKey("27827000000")).group]
        #expect(try await !store.lookUpRecipients(groups, in: organisation) { _, _ in }.segments.isEmpty)
        var search = SendLogSearch(limit: 1, asOf: SequenceNumber(3))
        search.found = [1, 2, 3]
        let rows = try await store.search(search, in: organisation).rows
        search.found = nil
        let rest = RestOfPage(search: search, start: .earliest, sequence: rows.rows[0].sequence, found: [1])
        _ = try await store.rows(rest, in: organisation)
        try await store.resetRecipientIndex(in: organisation)
        let link = try Sample.link("27827000000")
        _ = try await store.addRecipientLink(link, in: organisation)
        _ = try await store.recipient(of: link.token, at: link.now, in: organisation)
        _ = try await store.deleteRecipientLinks(expiredAt: .latest)
    }

    private static func useWebhooks(of store: SQLiteStore) async throws {
        let organisation = try await store.organisation(named: #require(OrganisationName("Acme"))).id
        let id = try #require(WebhookID("hook"))
        let value = try Array(#"{"url":"https://example.com","body":null}"#.utf8).withUnsafeBufferPointer {
            try JSONValue(utf8: $0)
        }
        let secret = WebhookSecret(text: "whsec_", created: .earliest)
        _ = try await store.createWebhook(
            id,
            WebhookInput(value).definition,
            secret: secret,
            in: organisation,
            at: .earliest
        )
        _ = try await store.record([Sample.plain("a")], in: organisation)
        _ = try await store.webhooks(in: organisation)
        _ = try await store.webhook(id, in: organisation)
        _ = try await store.changeWebhook(id, in: organisation, at: .latest) { _ in }
        let lease = WebhookLease(owner: "one", start: .latest, end: .latest)
        #expect(try await store.dueWebhooks(in: organisation, for: lease).count == 1)
        let leased = try await store.leaseWebhooks(for: "one", at: .latest, until: .latest, limit: 1)
        #expect(leased.count == 1)
        let delivery = Delivery(
            id: DeliveryID(SequenceNumber(1)),
            send: try #require(SendLogID("a")),
            created: .earliest,
            state: .delivered
        )
        try await store.saveDelivery(delivery, of: id, in: organisation)
        let report = WebhookReport(
            owner: "one",
            version: 2,
            progress: WebhookProgress(cursor: SequenceNumber(1)),
            updates: [DeliveryUpdate(replacing: delivery)],
            leaseEnd: nil
        )
        _ = try await store.save(report, of: id, in: organisation)
        for state in [nil] + Delivery.State.allCases.map(Optional.some) {
            _ = try await store.deliveries(of: id, in: organisation, state: state, before: delivery.id, limit: 1)
        }
        _ = try await store.delivery(delivery.id, of: id, in: organisation)
        _ = try await store.dueDeliveries(of: id, in: organisation, at: .latest, limit: 1)
        let (first, last) = (SequenceNumber(0), SequenceNumber(9))
        _ = try await store.failedDeliveries(of: id, in: organisation, after: first, through: last, limit: 1)
        _ = try await store.failedDeliveryCount(of: id, in: organisation, after: first, through: last)
        _ = try await store.failedDeliveryCounts(in: organisation)
        _ = try await store.webhookGauges(limit: 1)
        _ = try await store.webhookCounts(at: .latest)
        _ = try await store.setReplays(of: id, in: organisation) { _ in [] }
        try await useRecordingTimes(of: store, in: organisation)
        _ = try await store.deleteDeliveries(before: .latest)
        try await store.deleteWebhook(id, in: organisation)
    }

    private static func useRecordingTimes(of store: SQLiteStore, in organisation: OrganisationID) async throws {
        #expect(try await store.sampleRecordingTimes(keepingFrom: .latest) { .latest } > 0)
        let times = try await store.recordingTimes(in: organisation, after: SequenceNumber(-1), limit: 9)
        try await store.addRecordingTimes(times, in: organisation)
        _ = try await store.lastRecordingTime(before: .latest, in: organisation)
        _ = try await store.firstRecordingTime(after: .latest, in: organisation)
    }
}
