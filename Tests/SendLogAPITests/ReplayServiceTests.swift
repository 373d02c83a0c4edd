import SendLogCore
import SendLogSQLite
import StoreChecks
import Synchronization
import TestSupport
import Testing

@testable import SendLogAPI
@testable import SendLogServices

/// How the service chooses the range of a replay, and how often it reads the state of webhooks.
struct ReplayServiceTests {
    private let folder: TemporaryFolder
    private let store: SQLiteStore
    private let service: WebhookService
    private let organisation: OrganisationID
    private let hook: WebhookID

    /// No attempt is made here.
    private struct IdleClient: WebhookClient {
        let tallies = AttemptTallies()

        func attempt(_ webhook: Webhook, _ send: WebhookSend, as id: DeliveryID, at now: Timestamp) async
            -> DeliveryAttempt?
        {
            nil
        }
    }

    /// Creates an organisation whose first known time of recording is minute 10, at sequence number 5.
    init() async throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore(path: folder.file())
        service = WebhookService(
            store: store,
            organisationStore: store,
            client: IdleClient(),
            ids: SendLogIDSource(),
            maxMetrics: 1,
            now: { .latest }
        )
        organisation = try await store.organisation()
        _ = try await store.record(Sample.logs(20, "log"), in: organisation)
        let json = Array(#"{"url":"https://a.example"}"#.utf8)
        let input = try WebhookInput(try json.withUnsafeBufferPointer { try JSONValue(utf8: $0) })
        hook = try await service.create(input, in: organisation, at: Self.minute(0)).webhook.id
        for (sequence, minute) in [(5, 10), (8, 11), (12, 20)] as [(Int64, Int)] {
            let time = RecordingTime(sequence: SequenceNumber(sequence), at: try Self.minute(minute))
            try await store.addRecordingTimes([time], in: organisation)
        }
        // Deletes the sample of the creation.
        let (oldest, now) = (try Self.minute(11), try Self.minute(30))
        try #require(try await store.sampleRecordingTimes(keepingFrom: oldest) { now } == 1)
    }

    private static func minute(_ minutes: Int, seconds: Int = 0) throws -> Timestamp {
        try #require(Timestamp(milliseconds: 1_700_000_000_000 + Int64(minutes * 60 + seconds) * 1000))
    }

    private func range(_ input: ReplayInput) async throws -> [Int64] {
        let chosen = try await service.replay(input, of: hook, in: organisation, at: Self.minute(60))
        #expect(input.kind == .failed || Int64(chosen.queued) == chosen.through.number - chosen.after.number)
        _ = try await service.cancelReplays(of: hook, in: organisation)
        return [chosen.after.number, chosen.through.number]
    }

    @Test func `a range of times becomes the sequence numbers that surely contain it`() async throws {
        defer { store.close() }
        #expect(try await range(ReplayInput(.all, from: Self.minute(10, seconds: 11))) == [5, 20])
        #expect(try await range(ReplayInput(.all, from: Self.minute(15), to: Self.minute(16))) == [8, 12])
        #expect(try await range(ReplayInput(.all, from: Self.minute(20, seconds: 5))) == [8, 20])
        #expect(try await range(ReplayInput(.all, from: Self.minute(25), to: Self.minute(26))) == [12, 20])
        #expect(try await range(ReplayInput(.all, from: Self.minute(45))) == [20, 20])
        #expect(try await range(ReplayInput(.failed)) == [0, 20])
        #expect(try await range(ReplayInput(.failed, to: Self.minute(10, seconds: 55))) == [0, 12])
        #expect(try await range(ReplayInput(.all, after: SequenceNumber(3))) == [3, 20])
        #expect(try await range(ReplayInput(.all, after: SequenceNumber(30))) == [30, 30])
    }

    @Test(arguments: [(ReplayRange.Kind.all, "use after with a sequence number"), (.failed, "leave out from")])
    func `a time before the first known one is refused`(kind: ReplayRange.Kind, advice: String) async throws {
        defer { store.close() }
        // The first time that is accepted.
        let first = try Self.minute(10, seconds: 11)
        for from in [try Self.minute(9), try Self.minute(10), .earliest] {
            let error = await #expect(throws: UnknownRecordingTimes.self) {
                try await range(ReplayInput(kind, from: from))
            }
            #expect(error?.field == "from" && error?.since == first)
            let message = error?.invalidInput.message ?? ""
            #expect(message.contains("known since \(first)") && message.hasSuffix(advice))
        }
        #expect(try await range(ReplayInput(kind, from: first)) == [5, 20])
    }

    @Test func `an end before the first known time is refused, unless nothing was recorded before`() async throws {
        defer { store.close() }
        let to = try Self.minute(9)
        let error = await #expect(throws: UnknownRecordingTimes.self) { try await range(ReplayInput(.failed, to: to)) }
        #expect(error?.field == "to" && error?.invalidInput.message.hasSuffix("leave out to") == true)
        #expect(try await range(ReplayInput(.failed, to: Self.minute(10, seconds: 11))) == [0, 8])
        let start = RecordingTime(sequence: SequenceNumber(0), at: try Self.minute(9, seconds: 30))
        try await store.addRecordingTimes([start], in: organisation)
        #expect(try await range(ReplayInput(.failed, to: to)) == [0, 0])
        // Samples in the future come from a wrong clock.
        for (sequence, minute) in [(18, 90), (20, 91)] as [(Int64, Int)] {
            let future = RecordingTime(sequence: SequenceNumber(sequence), at: try Self.minute(minute))
            try await store.addRecordingTimes([future], in: organisation)
        }
        #expect(try await range(ReplayInput(.all, from: Self.minute(25), to: Self.minute(26))) == [12, 20])
    }

    @Test func `what was recorded while the webhook was inactive is replayed, also if it is behind`() async throws {
        defer { store.close() }
        func record(_ count: Int, _ prefix: String) async throws {
            _ = try await store.record(Sample.logs(count, prefix), in: organisation)
        }
        try await record(5, "pending")
        for isActive in [false, true] {
            _ = try await store.changeWebhook(hook, in: organisation, at: Self.minute(50)) { webhook in
                webhook.definition.isActive = isActive
            }
            try await record(4, isActive ? "new" : "missed")
        }
        // The cursor is at 20. Sends 21 to 25 and 30 to 33 are delivered anyway.
        let input = ReplayInput(.all, after: SequenceNumber(18))
        let chosen = try await service.replay(input, of: hook, in: organisation, at: Self.minute(60))
        #expect(chosen.queued == 6 && chosen.after.number == 18 && chosen.through.number == 29)
        let ranges = try await store.webhook(hook, in: organisation).progress.replays
        #expect(ranges.map { [$0.after.number, $0.through.number] } == [[18, 20], [25, 29]])
        #expect(Set(ranges.map(\.id)).count == 1)
        // Eight ranges more are possible.
        for _ in 0..<4 { _ = try await service.replay(input, of: hook, in: organisation, at: Self.minute(60)) }
        await #expect(throws: ServiceError.self) {
            try await service.replay(input, of: hook, in: organisation, at: Self.minute(60))
        }
    }

    @Test func `a repeated request with the same reserved ID adds no second replay`() async throws {
        defer { store.close() }
        let id = try #require(SendLogID("reserved"))
        let input = ReplayInput(.all, after: SequenceNumber(0))
        for _ in 0..<2 {
            let chosen = try await service.replay(input, of: hook, reserved: id, in: organisation, at: Self.minute(60))
            #expect(chosen.queued == 20 && chosen.through.number == 20)
            // It is the tenth one by then.
            let ids = try (1...9).map { try #require(SendLogID("other-\($0)")) }
            _ = try await store.setReplays(of: hook, in: organisation) { webhook in
                let own = webhook.progress.replays.filter { $0.id == id }
                let (after, through) = (own[0].after, own[0].through)
                return ids.map { ReplayRange(id: $0, kind: .all, after: after, through: through) } + own
            }
        }
        // Or the webhook is not active any more.
        _ = try await store.changeWebhook(hook, in: organisation, at: Self.minute(61)) { webhook in
            webhook.definition.isActive = false
        }
        let chosen = try await service.replay(input, of: hook, reserved: id, in: organisation, at: Self.minute(62))
        #expect(chosen.queued == 20)
        let ids = try await store.webhook(hook, in: organisation).progress.replays.map(\.id)
        #expect(ids.count == 10 && ids.last == id)
    }

    /// Returns a reading; a scrape waits only two seconds for it, which can be too short on a busy machine.
    private func reading(_ cache: WebhookGaugeCache) async throws -> WebhookGaugeCache.Reading? {
        var reading: WebhookGaugeCache.Reading?
        _ = try await Deadline.wait(for: 60) {
            reading = await cache.reading()
            return reading != nil
        }
        return reading
    }

    @Test func `the state of webhooks is read once in ten seconds, and only counted with a limit of 0`() async throws {
        defer { store.close() }
        let clock = Mutex(ContinuousClock.now)
        let cache = WebhookGaugeCache(store: store, limit: 1, clock: { .latest }, now: { clock.withLock { $0 } })
        let first = try await reading(cache)
        #expect(first?.gauges.map(\.key.id) == [hook] && first?.leftOut == 0)
        let definition = try await store.webhook(hook, in: organisation).definition
        let second = try #require(WebhookID("zzz"))
        let secret = WebhookSecret(text: "whsec_", created: .earliest)
        _ = try await store.createWebhook(second, definition, secret: secret, in: organisation, at: .earliest)
        clock.withLock { $0 += .seconds(9) }
        #expect(try await reading(cache)?.leftOut == 0)
        clock.withLock { $0 += .seconds(1) }
        #expect(try await reading(cache)?.leftOut == 1)
        let counted = try #require(try await reading(WebhookGaugeCache(store: store, limit: 0) { .latest }))
        #expect(counted.gauges == [] && counted.leftOut == 2)
        let text = WebhookMetrics.families(counted, AttemptTallies()).map(\.text).joined()
        #expect(text.contains("\nsendlog_webhook_metrics_left_out 2\n"))
    }
}
