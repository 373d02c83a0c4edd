import SendLogCore
import Testing

/// Ranges of past sends, and what workers and users do with them at the same time.
struct ReplayRangeTests {
    private func range(_ id: String, _ kind: ReplayRange.Kind = .all, to through: Int64, at position: Int64 = 0) throws
        -> ReplayRange
    {
        ReplayRange(
            id: try #require(SendLogID(id)),
            kind: kind,
            after: SequenceNumber(0),
            through: SequenceNumber(through),
            position: SequenceNumber(position)
        )
    }

    private func webhook(_ replays: [ReplayRange]) throws -> Webhook {
        let json = Array(#"{"url":"https://a.example"}"#.utf8)
        let value = try json.withUnsafeBufferPointer { try JSONValue(utf8: $0) }
        return Webhook(
            id: try #require(WebhookID("hook")),
            organisation: OrganisationID(1),
            definition: try WebhookInput(value).definition,
            secrets: [],
            version: 1,
            created: .earliest,
            updated: .earliest,
            progress: WebhookProgress(cursor: SequenceNumber(9), replays: replays)
        )
    }

    @Test func `ranges are stored and read unchanged, and malformed ones are refused`() throws {
        let ranges = [try range("a", .failed, to: 9, at: 3), try range("b-_9", to: 1 << 39)]
        #expect(ReplayRange.stored(ranges) == "a:failed:0:9:3 b-_9:all:0:549755813888:0")
        #expect(try ReplayRange.read(stored: ReplayRange.stored(ranges)) == ranges)
        #expect(try ReplayRange.read(stored: "") == [])
        for text in [
            "a", "a:some:0:1:0", "a:all:0:1", "a:all:0:1:-1", "a:all:0:x:0", "a:all:0:9223372036854775807:0",
            ":all:0:1:0",
        ] {
            #expect(throws: StoreError.self) { try ReplayRange.read(stored: text) }
        }
    }

    @Test func `a report advances the ranges that it knows, and neither adds nor removes one`() throws {
        var webhook = try webhook([range("a", to: 9), range("new", to: 9), range("b", to: 9)])
        // A user has cancelled `c`, and added `new`; the worker has finished `b`.
        let reported = [try range("a", to: 9, at: 4), try range("b", to: 9, at: 9), try range("c", to: 9, at: 5)]
        for version in [1, 2] {
            webhook.version = version
            let progress = WebhookProgress(cursor: SequenceNumber(9), failures: 3, replays: reported)
            webhook.apply(WebhookReport(owner: "", version: 1, progress: progress, leaseEnd: nil))
            #expect(webhook.progress.replays == [try range("a", to: 9, at: 4), try range("new", to: 9)])
        }
        // A position never goes back.
        let before = WebhookProgress(cursor: SequenceNumber(9), replays: [try range("a", to: 9, at: 1)])
        webhook.apply(WebhookReport(owner: "", version: 1, progress: before, leaseEnd: nil))
        #expect(webhook.progress.replays.first?.position == SequenceNumber(4))
    }

    @Test func `ranges of the same request differ in where they begin`() throws {
        let id = try #require(SendLogID("a"))
        let later = ReplayRange(id: id, kind: .all, after: SequenceNumber(20), through: SequenceNumber(30))
        var webhook = try webhook([range("a", to: 9), later])
        let progress = WebhookProgress(cursor: SequenceNumber(9), replays: [try range("a", to: 9, at: 9), later])
        webhook.apply(WebhookReport(owner: "", version: 1, progress: progress, leaseEnd: nil))
        #expect(webhook.progress.replays == [later])
    }

    @Test func `a change by a user keeps the replays`() throws {
        var webhook = try webhook([range("a", to: 9, at: 4)])
        webhook.change(at: .latest, head: SequenceNumber(20)) { $0.definition.name = "other" }
        webhook.change(at: .latest, head: SequenceNumber(20)) { $0.definition.isActive = false }
        webhook.change(at: .latest, head: SequenceNumber(20)) { $0.definition.isActive = true }
        #expect(webhook.progress.replays == [try range("a", to: 9, at: 4)])
    }

    @Test func `a database copy has the ranges of its own sends, without failed deliveries`() throws {
        var progress = WebhookProgress(
            cursor: SequenceNumber(9),
            replays: [
                try range("a", .failed, to: 9), try range("b", to: 9, at: 2), try range("c", to: 3, at: 1),
                try range("d", to: 9, at: 5),
            ]
        )
        progress.clip(to: SequenceNumber(5))
        #expect(progress.replays == [try range("b", to: 5, at: 2), try range("c", to: 3, at: 1)])
    }

    @Test func `a replay makes a delivery due, keeps its attempts, and begins a new retry schedule`() throws {
        let send = try #require(SendLogID("send"))
        let attempt = DeliveryAttempt(at: .earliest, duration: 1, status: 404)
        func delivery(_ state: Delivery.State) -> Delivery {
            let id = DeliveryID(SequenceNumber(1))
            return Delivery(id: id, send: send, created: .earliest, state: state, tries: 7, attempts: [attempt])
        }
        for (kind, state, isDue) in [
            (ReplayRange.Kind.failed, Delivery.State.failed, true), (.failed, .delivered, false),
            (.failed, .waiting, false), (.all, .failed, true), (.all, .delivered, true), (.all, .waiting, true),
        ] {
            let update = DeliveryUpdate(replaying: delivery(.failed), kind, at: .latest)
            let changed = DeliveryUpdate.apply([update], to: [delivery(state)])
            #expect(changed.map(\.nextTry) == [isDue ? .latest : nil], "\(kind) \(state)")
            #expect(changed.map(\.tries) == [isDue ? 0 : 7], "\(kind) \(state)")
            #expect(changed.map(\.state) == [isDue ? .waiting : state] && changed.map(\.attempts) == [[attempt]])
            // A worker that has lost its lease makes nothing due.
            #expect(DeliveryUpdate.apply([update], to: [delivery(state)], isOwner: false) == [])
            #expect(DeliveryUpdate.apply([update], to: [], isOwner: false) == [])
        }
    }

    @Test(arguments: [
        (408, true), (423, true), (425, true), (429, true), (500, true), (503, true), (400, false), (401, false),
        (404, false), (409, false), (410, false), (422, false), (424, false), (426, false), (301, false),
    ])
    func `a temporary status is retried`(status: Int, isRetryable: Bool) {
        #expect(DeliveryAttempt(at: .earliest, duration: 1, status: status).isRetryable == isRetryable)
    }
}
