import SendLogCore

/// The schedule of retries after failed attempts, and the thresholds for holding and pausing a webhook.
///
/// Delays grow with each attempt. Each delay varies randomly by ±20 %, so that a receiver that recovers does not get
/// all retries at once.
public struct RetrySchedule: Sendable {
    /// The time for which a delivery is retried, and for which a webhook may fail before it is paused, in seconds.
    public let window: Int
    /// The maximum of a receiver's `Retry-After` that is respected, in seconds.
    public static let maxRetryAfter = 3600
    /// The number of consecutive failures from which the webhook's deliveries are held for a while.
    static let failuresBeforeHold = 3
    /// The minimum number of consecutive failures before a webhook is paused.
    static let failuresBeforePause = 5

    /// The delays before each retry for a window of one day, in seconds.
    ///
    /// Their sum nearly fills the window.
    private static let delays = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800]
    private static let day = 86_400

    /// Creates a schedule with a window in seconds.
    public init(window: Int = 86_400) { self.window = window }

    /// Returns the delay before the next attempt of a delivery.
    ///
    /// - Parameters:
    ///   - tries: the number of attempts so far
    ///   - age: the time since the delivery was created, in milliseconds; the last retry waits until the window has
    ///     passed
    /// - Returns: the delay in milliseconds; `nil` if the delivery is not retried.
    func delay(afterTries tries: Int, age: Int64) -> Int64? {
        guard (1...Self.delays.count).contains(tries) else { return nil }
        let delay = varied(Int64(Self.delays[tries - 1]) * 1000 * Int64(window) / Int64(Self.day))
        return tries == Self.delays.count ? max(delay, Int64(window) * 1000 - age) : delay
    }

    /// Returns how long to hold a webhook's deliveries after consecutive failures, in milliseconds; `nil` for no hold.
    func hold(afterFailures failures: Int) -> Int64? {
        guard failures >= Self.failuresBeforeHold else { return nil }
        let maxHold = Int64(window) * 1000 / 288
        let doubled = Int64(1000) << Int64(min(failures - Self.failuresBeforeHold, 20))
        return varied(min(doubled, maxHold))
    }

    private func varied(_ milliseconds: Int64) -> Int64 { max(1, milliseconds * Int64.random(in: 80...120) / 100) }
}

extension WebhookProgress {
    /// Records the result of an attempt, which has just ended and is not added to the delivery yet.
    ///
    /// - Returns: the time of the next attempt; `nil` if none follows.
    mutating func record(
        _ attempt: DeliveryAttempt,
        of delivery: Delivery,
        _ schedule: RetrySchedule,
        at now: Timestamp
    ) -> Timestamp? {
        record(duration: attempt.duration)
        if attempt.isSuccess {
            (failures, failingSince, heldUntil) = (0, nil, nil)
            return nil
        }
        failures += 1
        let since = failingSince ?? now
        failingSince = since
        let asked = attempt.retryAfter.map { Int64(min($0, RetrySchedule.maxRetryAfter)) * 1000 }
        if let hold = [asked, schedule.hold(afterFailures: failures)].compactMap({ $0 }).max() {
            heldUntil = now.advanced(by: hold)
        }
        if attempt.status == 410 {
            pause = Pause(at: now, reason: "the receiver responded with 410 Gone")
        } else if failures >= RetrySchedule.failuresBeforePause,
            now.milliseconds - since.milliseconds >= Int64(schedule.window) * 950
        {
            let last = attempt.problem ?? attempt.status.map { "HTTP \($0)" } ?? ""
            pause = Pause(at: now, reason: "no attempt has succeeded since \(since); last failure: \(last)")
        }
        let age = now.milliseconds - delivery.created.milliseconds
        guard attempt.isRetryable, let delay = schedule.delay(afterTries: delivery.tries + 1, age: age) else {
            return nil
        }
        return now.advanced(by: max(delay, asked ?? 0))
    }
}
