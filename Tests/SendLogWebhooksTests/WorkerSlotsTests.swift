import SendLogCore
import Testing

@testable import SendLogWebhooks

/// The choice of webhooks for workers, if there are more webhooks than workers.
struct WorkerSlotsTests {
    /// An organisation's pending webhooks, leased longest ago first.
    private static func pending(
        _ organisation: Int64,
        _ count: Int,
        leasedAt: Int64 = 0,
        isHealthy: Bool = true
    ) throws -> [PendingWebhook] {
        try (0..<count).map { number in
            PendingWebhook(
                organisation: OrganisationID(organisation),
                id: try #require(WebhookID("\(organisation)-\(isHealthy ? "" : "sick-")\(number)")),
                leasedAt: leasedAt + Int64(number),
                isHealthy: isHealthy
            )
        }
    }

    private static func counts(_ chosen: [PendingWebhook]) -> [Int64: Int] {
        Dictionary(grouping: chosen, by: \.organisation.number).mapValues(\.count)
    }

    @Test func `one organisation alone leaves room for another`() throws {
        var slots = WorkerSlots(capacity: 32)
        #expect(Self.counts(slots.choose(from: try Self.pending(1, 100))) == [1: 16])
        #expect(slots.choose(from: try Self.pending(1, 100)).isEmpty)
        // A second organisation gets a worker at once, however many webhooks of the first one wait.
        let both = try Self.pending(1, 100) + Self.pending(2, 1, leasedAt: 1000)
        #expect(slots.choose(from: both).map(\.organisation.number) == [2])
    }

    @Test func `organisations have the same number of workers, however many webhooks wait`() throws {
        var slots = WorkerSlots(capacity: 30)
        let all = try Self.pending(1, 100) + Self.pending(2, 100) + Self.pending(3, 3) + Self.pending(4, 100)
        #expect(Self.counts(slots.choose(from: all)) == [1: 6, 2: 6, 3: 3, 4: 6])
    }

    @Test func `with more organisations than workers, those that waited longest come first`() throws {
        var slots = WorkerSlots(capacity: 4)
        var order: [Int64] = []
        var leasedAt = Dictionary(uniqueKeysWithValues: (1...10).map { (Int64($0), Int64(0)) })
        for turn in 1...50 {
            let all = try leasedAt.flatMap { try Self.pending($0.key, 3, leasedAt: $0.value) }
            let chosen = slots.choose(from: all)
            #expect(chosen.count == 4 && Set(chosen.map(\.organisation)).count == 4)
            for webhook in chosen {
                order.append(webhook.organisation.number)
                leasedAt[webhook.organisation.number] = Int64(turn * 100)
                slots.release(webhook.key)
            }
        }
        for organisation in 1...10 {
            let count = order.count { $0 == organisation }
            #expect((19...21).contains(count), "\(organisation): \(count)")
        }
    }

    @Test func `slow and failing webhooks have at most half of the slots, for any number of organisations`() throws {
        var slots = WorkerSlots(capacity: 32)
        let unhealthy = try (1...40).flatMap { try Self.pending(Int64($0), 100, isHealthy: false) }
        #expect(slots.choose(from: unhealthy).count == 16)
        let healthy = try (41...80).flatMap { try Self.pending(Int64($0), 10, leasedAt: 1000) }
        let chosen = slots.choose(from: unhealthy + healthy)
        #expect(chosen.count == 16 && chosen.allSatisfy(\.isHealthy))
    }

    @Test func `the healthy webhooks of an organisation get workers beside failing ones`() throws {
        var slots = WorkerSlots(capacity: 12)
        let unhealthy = try Self.pending(1, 100, isHealthy: false)
        #expect(slots.choose(from: unhealthy).count == 3)
        // One organisation's failing webhooks leave room for those of another.
        let both = try unhealthy + Self.pending(2, 9, leasedAt: 1000, isHealthy: false)
        #expect(Self.counts(slots.choose(from: both)) == [2: 2])
        let chosen = slots.choose(from: unhealthy + (try Self.pending(2, 2, leasedAt: 1000)))
        #expect(chosen.map(\.organisation.number) == [2, 2])
    }

    @Test func `a webhook that becomes slow yields its slot if there are too many slow ones`() throws {
        var slots = WorkerSlots(capacity: 8)
        let chosen = slots.choose(from: try (1...8).flatMap { try Self.pending(Int64($0), 1) })
        #expect(chosen.count == 8)
        for webhook in chosen.prefix(4) { slots.record(webhook.key, isHealthy: false) }
        for webhook in chosen { #expect(!slots.mustYield(webhook.key, hasUsedSlotTime: false)) }
        slots.record(chosen[4].key, isHealthy: false)
        #expect(
            slots.mustYield(chosen[4].key, hasUsedSlotTime: false)
                && !slots.mustYield(chosen[5].key, hasUsedSlotTime: false)
        )
        slots.release(chosen[4].key)
        #expect(!slots.mustYield(chosen[0].key, hasUsedSlotTime: false))
        // A webhook that recovers no longer counts.
        slots.record(chosen[0].key, isHealthy: true)
        slots.record(chosen[5].key, isHealthy: false)
        #expect(!slots.mustYield(chosen[1].key, hasUsedSlotTime: false))
    }

    @Test func `a turn ends if others wait, and continues if none do`() throws {
        var slots = WorkerSlots(capacity: 8)
        let first = slots.choose(from: try Self.pending(1, 2))
        #expect(first.count == 2 && !slots.mustYield(first[0].key, hasUsedSlotTime: true))
        // More webhooks wait than an organisation may have workers.
        #expect(slots.choose(from: try Self.pending(1, 9)).count == 2)
        #expect(slots.mustYield(first[0].key, hasUsedSlotTime: true))
        #expect(!slots.mustYield(first[0].key, hasUsedSlotTime: false))
    }

    @Test func `no webhook has two workers, and a released webhook can be chosen again`() throws {
        var slots = WorkerSlots(capacity: 8)
        let pending = try Self.pending(1, 3)
        #expect(slots.choose(from: pending) == pending)
        #expect(slots.choose(from: pending).isEmpty)
        slots.release(pending[1].key)
        slots.release(pending[1].key)
        #expect(slots.choose(from: pending) == [pending[1]])
    }

    @Test(arguments: [0, 1, 2]) func `a capacity of 0, 1 or 2 is used in full`(capacity: Int) throws {
        var slots = WorkerSlots(capacity: capacity)
        let chosen = slots.choose(from: try Self.pending(1, 5) + Self.pending(2, 5, isHealthy: false))
        #expect(chosen.count == capacity)
    }
}
