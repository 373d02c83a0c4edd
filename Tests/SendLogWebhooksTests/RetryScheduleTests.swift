import SendLogCore
import Testing

@testable import SendLogWebhooks

/// Delays of retries, holds of failing webhooks, and pauses.
struct RetryScheduleTests {
    private static let start = Timestamp(rfc3339: "2022-01-26T08:00:00Z") ?? .earliest

    private static func afterStart(_ seconds: Double) -> Timestamp { start.advanced(by: Int64(seconds * 1000)) }

    private static func delivery(tries: Int = 0) throws -> Delivery {
        Delivery(
            id: DeliveryID(SequenceNumber(1)),
            send: try #require(SendLogID("send-1")),
            created: start,
            state: .waiting,
            tries: tries
        )
    }

    private static func attempt(_ status: Int?, retryAfter: Int? = nil) -> DeliveryAttempt {
        DeliveryAttempt(
            at: start,
            duration: 1,
            status: status,
            problem: status == nil ? "no response" : nil,
            retryAfter: retryAfter
        )
    }

    @Test func `delays grow, vary by a fifth, and fill the window`() throws {
        let schedule = RetrySchedule()
        let wanted: [Int64] = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800]
        for (number, seconds) in wanted.enumerated() {
            let delays = (0..<200).compactMap { _ in schedule.delay(afterTries: number + 1, age: 86_400_000) }
            #expect(delays.count == 200)
            #expect(delays.allSatisfy { (seconds * 800...seconds * 1200).contains($0) }, "\(delays)")
            #expect(Set(delays).count > 10, "\(delays)")
        }
        #expect(schedule.delay(afterTries: 11, age: 0) == nil && schedule.delay(afterTries: 0, age: 0) == nil)
    }

    @Test(arguments: [1, 60, 3600, 86_400, 2_592_000])
    func `the last try is made at the end of the window, not before`(window: Int) {
        let schedule = RetrySchedule(window: window)
        for _ in 0..<100 {
            var (delays, age): ([Int64], Int64) = ([], 0)
            for tries in 1...10 {
                delays.append(schedule.delay(afterTries: tries, age: age) ?? 0)
                age += delays[tries - 1]
            }
            #expect((Int64(window) * 1000...Int64(window) * 1200 + 10).contains(age), "\(delays)")
        }
    }

    @Test func `a webhook is held from its third failure on, each time longer, up to minutes`() {
        let schedule = RetrySchedule()
        #expect(schedule.hold(afterFailures: 1) == nil && schedule.hold(afterFailures: 2) == nil)
        for (failures, seconds) in [(3, 1), (4, 2), (5, 4), (9, 64), (11, 256), (12, 300), (1000, 300)] {
            let hold = schedule.hold(afterFailures: failures) ?? 0
            #expect((Int64(seconds) * 800...Int64(seconds) * 1200).contains(hold), "\(failures): \(hold) ms")
        }
    }

    @Test(arguments: [(nil, true), (500, true), (503, true), (429, true), (400, false), (404, false), (301, false)])
    func `a temporary failure is retried`(status: Int?, isRetried: Bool) throws {
        var (progress, delivery) = (WebhookProgress(cursor: SequenceNumber(1)), try Self.delivery())
        progress.attempt(Self.attempt(status), of: &delivery, RetrySchedule(), at: Self.start)
        #expect(delivery.state == (isRetried ? .waiting : .failed))
        #expect((delivery.nextTry != nil) == isRetried)
        if let next = delivery.nextTry { #expect(next > Self.afterStart(3.9) && next < Self.afterStart(6.1)) }
        #expect(progress.failures == 1 && progress.failingSince == Self.start && progress.pause == nil)
        #expect(progress.heldUntil == nil)
    }

    @Test func `a delivery fails after its last try`() throws {
        var (progress, delivery) = (WebhookProgress(cursor: SequenceNumber(1)), try Self.delivery(tries: 10))
        progress.attempt(Self.attempt(500), of: &delivery, RetrySchedule(), at: Self.start)
        #expect(delivery.state == .failed && delivery.nextTry == nil)
    }

    @Test func `a success resets the failures`() throws {
        var progress = WebhookProgress(
            cursor: SequenceNumber(1),
            failures: 9,
            failingSince: Self.start,
            heldUntil: Self.start
        )
        var delivery = try Self.delivery()
        delivery.nextTry = Self.start
        progress.attempt(Self.attempt(204), of: &delivery, RetrySchedule(), at: Self.afterStart(5))
        #expect(progress == WebhookProgress(cursor: SequenceNumber(1)))
        #expect(delivery.state == .delivered && delivery.nextTry == nil)
    }

    @Test(arguments: [(0, 0.0), (120, 120.0), (86_400, 3600.0)])
    func `Retry-After is respected, up to an hour`(requested: Int, held: Double) throws {
        var (progress, delivery) = (WebhookProgress(cursor: SequenceNumber(1)), try Self.delivery())
        progress.attempt(Self.attempt(429, retryAfter: requested), of: &delivery, RetrySchedule(), at: Self.start)
        #expect(progress.heldUntil == Self.afterStart(held))
        let next = try #require(delivery.nextTry)
        #expect(next >= Self.afterStart(max(held, 3.9)) && next <= Self.afterStart(max(held, 6.1)))
    }

    @Test func `410 pauses a webhook at once`() throws {
        var (progress, delivery) = (WebhookProgress(cursor: SequenceNumber(1)), try Self.delivery())
        progress.attempt(Self.attempt(410), of: &delivery, RetrySchedule(), at: Self.start)
        #expect(progress.pause?.at == Self.start && progress.pause?.reason.contains("410") == true)
        #expect(delivery.state == .failed)
    }

    @Test func `a webhook is paused if it fails for the whole window, and often enough`() throws {
        let schedule = RetrySchedule(window: 1000)
        var progress = WebhookProgress(cursor: SequenceNumber(1))
        func record(_ seconds: Double, _ status: Int? = 500) throws {
            var delivery = try Self.delivery()
            progress.attempt(Self.attempt(status), of: &delivery, schedule, at: Self.afterStart(seconds))
        }
        try record(0)
        // For long enough, but not often enough.
        for seconds in [990.0, 991, 992] {
            try record(seconds)
            #expect(progress.pause == nil)
        }
        try record(993, nil)
        #expect(progress.failures == 5)
        #expect(progress.pause?.at == Self.afterStart(993))
        #expect(progress.pause?.reason.contains("no attempt has succeeded since 2022-01-26T08:00:00") == true)
        #expect(progress.pause?.reason.hasSuffix("no response") == true)
        // Often enough, but not for long enough.
        progress = WebhookProgress(cursor: SequenceNumber(1))
        for number in 0..<50 { try record(Double(number) * 10) }
        #expect(progress.pause == nil && progress.failures == 50)
        try record(949)
        #expect(progress.pause == nil)
        try record(951)
        #expect(progress.pause?.reason.hasSuffix("HTTP 500") == true)
    }
}

extension WebhookProgress {
    /// Records the result of an attempt in the progress and in the delivery.
    fileprivate mutating func attempt(
        _ attempt: DeliveryAttempt,
        of delivery: inout Delivery,
        _ schedule: RetrySchedule,
        at now: Timestamp
    ) {
        let nextTry = record(attempt, of: delivery, schedule, at: now)
        delivery.apply(attempt, .automatic(nextTry: nextTry))
    }
}
