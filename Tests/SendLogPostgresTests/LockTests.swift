import PostgresHarness
import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogPostgres

/// What a lock of another session does to changes.
struct LockTests {
    /// A change of the store, with its name for messages.
    private typealias Change = (name: String, run: @Sendable () async throws -> Void)

    @Test func `every change ends after the wait timeout while another session holds a lock, and reads go on`()
        async throws
    {
        // A connection for each change: an organisation leaves most connections free for others. They are opened when needed.
        var options = PostgresStore.Options(connections: 240, waitTimeout: 1)
        options.maxWaitingBytes = 1 << 30
        try await withStore(options) { store, database in
            let organisation = try await store.organisation()
            let changes = try await changes(of: store, in: organisation)
            let locker = try Connection(
                PostgresLocation(database.url),
                session: PostgresStore.session(lockTimeout: 5, statementTimeout: 60)
            )
            let tables = (Schema.referenceTables + Schema.distributedTables).joined(separator: ", ")
            try locker.run("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0")
            // Reads need no lock that conflicts with this one.
            try locker.run("LOCK TABLE \(tables) IN EXCLUSIVE MODE")
            let results = await withTaskGroup(of: (String, String).self) { group in
                for change in changes {
                    group.addTask {
                        do { try await change.run() } catch StoreError.unavailable(let why, _) {
                            return (change.name, "\(why)")
                        } catch {
                            return (change.name, "\(error)")
                        }
                        return (change.name, "done")
                    }
                }
                return await group.reduce(into: [String: String]()) { $0[$1.0] = $1.1 }
            }
            #expect(results == Dictionary(uniqueKeysWithValues: changes.map { ($0.name, "locked") }))
            #expect(try await store.search(SendLogSearch(), in: organisation).total == 1)
            try locker.run("ROLLBACK")
            for change in changes {
                // Recording is refused for a while after a timeout.
                let isMade = try await TestSupport.Deadline.wait(for: 20) {
                    do { try await change.run() } catch StoreError.unavailable(.overloaded, _) { return false }
                    return true
                }
                #expect(isMade, "\(change.name)")
            }
        }
    }

    @Test func `after recording has waited too long for a lock, requests that wait behind it are refused at once`()
        async throws
    {
        try await withStore(PostgresStore.Options(connections: 4, waitTimeout: 2)) { store, database in
            let organisation = try await store.organisation()
            let locker = try Connection(
                PostgresLocation(database.url),
                session: PostgresStore.session(lockTimeout: 5, statementTimeout: 60)
            )
            try locker.run(
                "SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT FROM organisation_heads FOR UPDATE"
            )
            let details = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        // They come while the first one waits: those that come with it wait too long for it.
                        try await Task.sleep(for: .milliseconds(number * 90))
                        do {
                            _ = try await store.record([Sample.plain("log-\(number)")], in: organisation)
                            return "recorded"
                        } catch StoreError.unavailable(_, let detail) {
                            return detail
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(details.contains { $0.contains("55P03") })
            // Those that waited behind the first group; each group would wait for the lock anew.
            #expect(details.contains("an earlier statement of the organisation timed out"), "\(details)")
            #expect(!details.contains("recorded"))
            try locker.run("ROLLBACK")
        }
    }

    /// One change of each kind; each can be made after the others.
    private func changes(of store: PostgresStore, in organisation: OrganisationID) async throws -> [Change] {
        let new = NewAPIKey(name: "", permissions: [.all], expires: nil)
        let (hash, newHash) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
        let other = try await store.organisation("Other")
        let key = try await store.createKey(new, hash: hash, in: organisation, at: .earliest).id
        _ = try await store.record([Sample.plain("a")], in: organisation)
        let (name, campaign) = (try #require(OrganisationName("Zulu")), try #require(CampaignID("spring")))
        let campaignName = try #require(CampaignName("x"))
        let request = try Sample.request("key", attempt: "one")
        _ = try await store.beginRequest(request, in: organisation)
        let (log, long, link) = try (Sample.plain("b"), Sample.plain("c", count: 300_000), Sample.link("27821234567"))
        let (session, response) = (
            [UInt8](repeating: 3, count: 32), StoredResponse(status: 201, location: "", body: [])
        )
        let next = try Sample.request("next", attempt: "one")
        return [
            ("record", { _ = try await store.record([log], in: organisation) }),
            ("record a long list", { _ = try await store.record([long], in: other) }),
            ("raise the head", { try await store.raiseHead(to: SequenceNumber(9), in: organisation) }),
            ("delete", { _ = try await store.deleteSendLogs([SequenceNumber(99)], in: organisation) }),
            ("name a campaign", { _ = try await store.nameCampaign(campaign, campaignName, in: organisation) }),
            ("create an organisation", { _ = try await store.createOrganisation(named: name, at: .earliest) }),
            ("set the calling code", { try await store.setCallingCode(CallingCode("27"), of: organisation) }),
            ("create a key", { _ = try await store.createKey(new, hash: newHash, in: organisation, at: .earliest) }),
            ("last use", { try await store.updateLastUsed(of: [key: .latest]) }),
            ("revoke", { _ = try await store.revokeKey(key, in: organisation, at: .earliest) }),
            (
                "sign in",
                { try await store.createSession(session, of: key, in: organisation, at: .earliest, until: .latest) }
            ),
            ("sign out", { try await store.endSession(session, in: organisation) }),
            ("sign out of an earlier session", { try await store.endSession(session, in: nil) }),
            ("begin a request", { _ = try await store.beginRequest(next, in: organisation) }),
            ("release a request", { try await store.releaseRequest(next, in: organisation) }),
            ("finish a request", { try await store.finishRequest(request, with: response, in: organisation) }),
            ("link to a recipient", { _ = try await store.addRecipientLink(link, in: organisation) }),
            ("sample", { _ = try await store.sampleRecordingTimes(keepingFrom: .earliest) { .latest } }),
        ]
    }
}
