import SendLogCore
import StoreChecks
import Synchronization
import Testing

@testable import SendLogWebhooks

/// Past sends that are delivered again, because a user requested it.
struct ReplayTests {
    private let servers: ServersUnderTest
    private let organisation: OrganisationID
    private let hook: WebhookID

    init() async throws {
        servers = try ServersUnderTest()
        organisation = try await servers.store.organisation()
        hook = try await servers.makeWebhook("hook", in: organisation, more: #","campaign_id":["spring"]"#)
    }

    /// Adds a replay of all sequence numbers up to one, some time after the first attempts.
    private func add(_ kind: ReplayRange.Kind, after: Int64 = 0, through: Int64) async throws {
        servers.advance(by: 1000)
        let range = ReplayRange(
            id: try #require(SendLogID("\(kind)-\(after)-\(through)")),
            kind: kind,
            after: SequenceNumber(after),
            through: SequenceNumber(through)
        )
        _ = try await servers.store.setReplays(of: hook, in: organisation) { $0.progress.replays + [range] }
    }

    private func failedCount() async throws -> Int {
        try await servers.store.failedDeliveryCounts(in: organisation)[hook] ?? 0
    }

    private func delivery(_ sequence: Int64) async throws -> Delivery {
        try await servers.store.delivery(DeliveryID(SequenceNumber(sequence)), of: hook, in: organisation)
    }

    /// The names of attempts for `log-N`.
    private static func names(_ numbers: some Sequence<Int>) -> [String] { numbers.map { "hook/log-\($0)" } }

    @Test func `failed deliveries are made again in order, and others are not`() async throws {
        _ = try await servers.store.record(Sample.logs(130, "log"), in: organisation)
        // Every second one fails for good, as if its path did not exist.
        let isOdd: @Sendable (String) -> Bool = { $0.last.flatMap(\.wholeNumberValue).map { $0 % 2 == 1 } ?? false }
        await (try servers.serve { name, _ in .status(isOdd(name) ? 404 : 200) }).finish()
        #expect(try await failedCount() == 65)
        let before = servers.journal.started.count
        try await add(.failed, after: 10, through: 130)
        await (try servers.serve { _, _ in .status(200) }).finish()
        let expected = Self.names(stride(from: 11, to: 130, by: 2))
        #expect(Array(servers.journal.started.dropFirst(before)) == expected)
        #expect(try await failedCount() == 5)
        #expect(try await servers.store.webhook(hook, in: organisation).progress.replays == [])
        let repeated = try await delivery(12)
        #expect(repeated.state == .delivered && repeated.attempts.map(\.status) == [404, 200] && repeated.tries == 1)
        #expect(try await servers.serve { _, _ in .status(200) }.leased.isEmpty)
    }

    @Test func `a replay delivers all sends of the webhook's campaigns, without deleted ones`() async throws {
        _ = try await servers.store.record(Sample.logs(60, "log"), in: organisation)
        _ = try await servers.store.record(Sample.logs(200, "other", campaign: "autumn"), in: organisation)
        _ = try await servers.store.record(Sample.logs(9, "late"), in: organisation)
        await (try servers.serve { _, _ in .status(200) }).finish()
        try await servers.delete([3, 5], in: organisation)
        let before = servers.journal.started.count
        try await add(.all, after: 1, through: 265)
        try await add(.all, after: 265, through: 269)
        await (try servers.serve { _, _ in .status(200) }).finish()
        let replayed = ["hook/log-1", "hook/log-3"] + Self.names(5..<60) + (0..<9).map { "hook/late-\($0)" }
        #expect(Array(servers.journal.started.dropFirst(before)) == replayed)
        #expect(try await servers.store.webhook(hook, in: organisation).progress.replays == [])
        #expect(try await delivery(7).attempts.count == 2)
    }

    @Test func `a new send waits for one turn of a replay at most, and a replay follows the retry schedule`()
        async throws
    {
        _ = try await servers.store.record(Sample.logs(300, "log"), in: organisation)
        await (try servers.serve { _, _ in .status(200) }).finish()
        let before = servers.journal.started.count
        try await add(.all, through: 300)
        let (store, organisation) = (servers.store, organisation)
        await
            (try servers.serve { name, start in
                if name == "hook/log-20", start == 2 {
                    _ = try await store.record(Sample.logs(3, "new"), in: organisation)
                }
                return .status(name == "hook/log-7" && start == 2 ? 503 : 200)
            })
            .finish()
        let started = Array(servers.journal.started.dropFirst(before))
        let recorded = try #require(started.firstIndex(of: "hook/log-20"))
        let new = try #require(started.firstIndex(of: "hook/new-0"))
        #expect(new - recorded <= 50)
        #expect(Array(started[new...new + 2]) == ["hook/new-0", "hook/new-1", "hook/new-2"])
        #expect(Set(Self.names(0..<300)).isSubset(of: started) && started.count == 303)
        let failed = try await delivery(8)
        #expect(failed.state == .waiting && failed.tries == 1 && failed.nextTry.map { $0 > servers.now } == true)
    }

    @Test(arguments: [true, false])
    func `a replay leaves its slot after a second if others may wait for one`(isFull: Bool) async throws {
        _ = try await servers.store.record(Sample.logs(300, "log"), in: organisation)
        await (try servers.serve { _, _ in .status(200) }).finish()
        let before = servers.journal.started.count
        try await add(.all, through: 300)
        let servers = servers
        await
            (try servers.serve(isFull: isFull) { name, start in
                if name == "hook/log-20", start == 2 { servers.advance(by: 1500) }
                return .status(200)
            })
            .finish()
        #expect(servers.journal.started.count - before == (isFull ? 21 : 300))
        // The next worker continues.
        await (try servers.serve { _, _ in .status(200) }).finish()
        #expect(Set(servers.journal.started.dropFirst(before)).count == 300)
    }

    @Test func `a crash during a replay loses nothing, and a delivery that causes it is set aside`() async throws {
        _ = try await servers.store.record(Sample.logs(70, "log"), in: organisation)
        await (try servers.serve { _, _ in .status(200) }).finish()
        let before = servers.journal.delivered.count
        try await add(.all, through: 70)
        let crashes = try await servers.serveUntilDone { name, start in
            name == "hook/log-30" && start > 1 ? .crash : .status(200)
        }
        #expect(crashes == StartedAttempts.maxUnfinishedAttempts)
        let delivered = Set(servers.journal.delivered.dropFirst(before))
        #expect(delivered == Set(Self.names(0..<70)).subtracting(["hook/log-30"]))
        let setAside = try await delivery(31)
        #expect(setAside.state == .failed && setAside.nextTry == nil)
        #expect(try await failedCount() == 1)
        #expect(try await servers.store.webhook(hook, in: organisation).progress.replays == [])
    }

    @Test func `a replay that was cancelled ends with the deliveries that are due already`() async throws {
        _ = try await servers.store.record(Sample.logs(300, "log"), in: organisation)
        await (try servers.serve { _, _ in .status(200) }).finish()
        let before = servers.journal.started.count
        try await add(.all, through: 300)
        let (store, organisation, hook) = (servers.store, organisation, hook)
        await
            (try servers.serve { name, start in
                if name == "hook/log-10", start == 2 {
                    _ = try await store.setReplays(of: hook, in: organisation) { _ in [] }
                }
                return .status(200)
            })
            .finish()
        let count = servers.journal.started.count - before
        #expect((11...100).contains(count), "\(count)")
        #expect(try await store.webhook(hook, in: organisation).progress.replays == [])
        #expect(try await servers.serve { _, _ in .status(200) }.leased.isEmpty)
    }
}
