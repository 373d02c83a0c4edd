package import SendLogCore
package import SendLogRecipients
import Testing

/// What both stores must find when they look at a database.
package struct InspectionCheck {
    private let store: any Store & RecipientIndexStore
    private let inspect: () throws -> any DatabaseInspection
    private let execute: (String) async throws -> Void
    /// The time at which everything that the store has was stored.
    private let now: Timestamp
    private let organisation: OrganisationID

    /// Fills a store with a row of each kind.
    ///
    /// - Parameters:
    ///   - store: a store that is new and empty
    ///   - inspect: opens its database to look at it
    ///   - execute: executes SQL in the database, bypassing the store
    /// - Throws: any error of the store; no test expects one.
    package init(
        _ store: any Store & RecipientIndexStore,
        inspect: @escaping () throws -> any DatabaseInspection,
        execute: @escaping (String) async throws -> Void
    ) async throws {
        (self.store, self.inspect, self.execute) = (store, inspect, execute)
        now = try #require(Sample.start)
        organisation = try await store.organisation()
        let (hash, later) = ([UInt8](repeating: 7, count: 32), now.advanced(by: 1000))
        let new = NewAPIKey(name: "", permissions: [.all], expires: nil)
        let key = try await store.createKey(new, hash: hash, in: organisation, at: now)
        try await store.updateLastUsed(of: [key.id: now])
        try await store.createSession(hash, of: key.id, in: organisation, at: now, until: later)
        let hook = try await WebhookUnderTest(in: organisation, of: store)
        let delivery = try WebhookSample.delivery(1, state: .waiting, nextTry: 0)
        try await store.saveDelivery(delivery, of: hook.id, in: organisation)
        _ = try await store.beginRequest(Sample.request("key", attempt: "one"), in: organisation)
        _ = try await store.addRecipientLink(RecipientLink(to: "27821234567", at: now), in: organisation)
        _ = try await store.record([Sample.plain("a", count: 3), Sample.plain("b", count: 3)], in: organisation)
        let lease = RecipientIndexLease(owner: "one", start: now, end: later)
        _ = try #require(try await store.leaseAdditions(lease))
        let sample = RecordingTime(sequence: SequenceNumber(2), at: now)
        try await store.addRecordingTimes([sample], in: organisation)
    }

    private func look<Result>(_ body: (any DatabaseInspection) throws -> Result) throws -> Result {
        let inspection = try inspect()
        defer { inspection.close() }
        #expect(!inspection.needsMigration)
        return try body(inspection)
    }

    /// Checks that times of each kind are found if they are later than a right clock stores them, and not before.
    ///
    /// - Parameters:
    ///   - leaseColumn: the store's name for the end of a lease of a recipient index
    ///   - sessionTable: the store's table of sessions
    /// - Throws: any error of the store; no test expects one.
    package func findsFutureTimes(leaseColumn: String, sessionTable: String) async throws {
        for kind in StoredTime.allCases {
            let latest = kind.latest(at: now)
            #expect(try look { try $0.count(of: kind, after: latest).count } == 0, "\(kind)")
            let table = kind == .session ? sessionTable : kind.column.table
            let column = kind == .indexLease ? leaseColumn : kind.column.name
            try await execute("UPDATE \(table) SET \(column) = \(latest.milliseconds)")
            #expect(try look { try $0.count(of: kind, after: latest).count } == 0, "\(kind)")
            try await execute("UPDATE \(table) SET \(column) = \(latest.milliseconds + 1)")
            let found = try look { try $0.count(of: kind, after: latest) }
            #expect(found.count > 0 && found.latest == latest.milliseconds + 1, "\(kind): \(found)")
            try await execute("UPDATE \(table) SET \(column) = \(Int64.max)")
            #expect(try look { try $0.count(of: kind, after: latest).latest } == Int64.max, "\(kind)")
        }
    }

    /// Checks that sends are counted from a day on.
    package func countsPlannedSends() async throws {
        // Both sends start on this day.
        let day = Day(number: 19_000)
        #expect(try look { try $0.sendCount(startingAfter: day) } == 0)
        #expect(try look { try $0.sendCount(startingAfter: Day(number: 18_999)) } == 2)
        try await execute("UPDATE organisation_days SET sends = \(Int64.max)")
        #expect(try look { try $0.sendCount(startingAfter: Day(number: 18_999)) } > 1 << 60)
    }

    /// Checks that paused, failing and delayed webhooks are found, unless they are not active.
    package func findsLateWebhooks() async throws {
        func found() throws -> [LateWebhook.State] {
            let webhooks = try look { try $0.lateWebhooks(at: now, limit: 10) }
            #expect(webhooks.allSatisfy { $0.key.organisation == organisation && $0.key.id.text == "hook" })
            return webhooks.map(\.state)
        }
        #expect(try found() == [])
        // The delivery has been attempted, and the send was recorded.
        let delay = -WebhookCounts.maxDelay
        for time in ["webhook_deliveries SET created", "recording_times SET at"] {
            try await execute("UPDATE \(time) = \(now.advanced(by: delay + 1).milliseconds)")
            #expect(try found() == [], "\(time)")
            try await execute("UPDATE \(time) = \(now.advanced(by: delay).milliseconds)")
            #expect(try found() == [.delayed], "\(time)")
            try await execute("UPDATE \(time) = \(now.milliseconds)")
            #expect(try found() == [], "\(time)")
        }
        try await execute("UPDATE recording_times SET at = \(now.advanced(by: delay).milliseconds)")
        #expect(try found() == [.delayed])
        let since = now.advanced(by: -LateWebhook.shortestFailure)
        try await execute("UPDATE webhooks SET failing_since = \(since.milliseconds)")
        #expect(try found() == [.delayed])
        let earlier = since.advanced(by: -1)
        try await execute("UPDATE webhooks SET failing_since = \(earlier.milliseconds)")
        #expect(try found() == [.failing(since: earlier)])
        #expect(try look { try $0.lateWebhooks(at: now, limit: 0) } == [])
        try await execute("UPDATE webhooks SET paused = \(now.milliseconds)")
        #expect(try found() == [.paused(since: now)])
        try await execute("UPDATE webhooks SET paused = \(Int64.min)")
        #expect(try found() == [.paused(since: nil)])
        try await execute("UPDATE webhooks SET active = NOT active")
        #expect(try found() == [])
    }

    /// Checks that keys with every permission are found, unless they expire or are revoked.
    package func findsUnlimitedKeys() async throws {
        func found() throws -> [OrganisationID] { try look { try $0.unlimitedKeys(limit: 10).map(\.organisation) } }
        #expect(try found() == [organisation])
        for (permissions, isFound) in [("sendLog webhook.read", false), ("sendLog * webhook", true), ("*", true)] {
            try await execute("UPDATE api_keys SET permissions = '\(permissions)'")
            #expect(try found() == (isFound ? [organisation] : []), "\(permissions)")
        }
        for column in ["expires", "revoked"] {
            try await execute("UPDATE api_keys SET \(column) = 5")
            #expect(try found() == [])
            try await execute("UPDATE api_keys SET \(column) = NULL")
        }
    }

    /// Checks that damaged rows are found, without their contents.
    package func findsDamage() async throws {
        #expect(try look { try $0.damage() } == [])
        for (damage, repair) in [
            ("destination_chunks SET crc = crc + 1", "destination_chunks SET crc = crc - 1"),
            ("send_logs SET destinations = destinations + 1", "send_logs SET destinations = destinations - 1"),
            ("webhooks SET gaps = 'x'", "webhooks SET gaps = ''"), ("webhooks SET definition = '{'", ""),
        ] {
            try await execute("UPDATE \(damage)")
            let findings = try look { try $0.damage() }
            #expect(findings.contains { $0.contains("organisation \(organisation.number)") }, "\(damage): \(findings)")
            #expect(!findings.contains { $0.contains("Hi") || $0.contains("2782") }, "\(findings)")
            if !repair.isEmpty {
                try await execute("UPDATE \(repair)")
                #expect(try look { try $0.damage() } == [])
            }
        }
    }
}
