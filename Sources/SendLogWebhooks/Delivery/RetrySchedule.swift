import SendLogCore

/// When deliveries that failed are tried again, and when a webhook that keeps failing is left alone.
///
/// All delays grow, and vary by a fifth so that receivers that come back are not met by all at once.
public struct RetrySchedule: Sendable {
    /// For how long a delivery is tried again, and a webhook may fail before it is paused, in seconds.
    public let window: Int
    /// The longest that a receiver may ask to be left alone, in seconds.
    public static let longestRetryAfter = 3600
    /// From so many failures in a row on the webhook waits before it goes on with other sends.
    static let failuresBeforeHold = 3
    /// No webhook is paused before so many failures in a row.
    static let failuresBeforePause = 5

    /// Seconds before each next attempt where the window is a day, which they nearly fill.
    private static let delays = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800]
    private static let day = 86_400

    /// Makes a schedule for a window in seconds.
    public init(window: Int = 86_400) {
        self.window = window
    }

    /// Milliseconds to wait after a delivery's failed attempts.
    ///
    /// - Parameters:
    ///   - tries: how many there were
    ///   - age: how many milliseconds ago the first was made; the last one is not made before the window is over
    /// - Returns: `nil` where it is not tried again.
    func delay(afterTries tries: Int, age: Int64) -> Int64? {
        guard (1...Self.delays.count).contains(tries) else { return nil }
        let delay = varied(Int64(Self.delays[tries - 1]) * 1000 * Int64(window) / Int64(Self.day))
        return tries == Self.delays.count ? max(delay, Int64(window) * 1000 - age) : delay
    }

    /// Milliseconds to leave a receiver alone after failures in a row.
    func hold(afterFailures failures: Int) -> Int64? {
        guard failures >= Self.failuresBeforeHold else { return nil }
        let most = Int64(window) * 1000 / 288
        let doubled = Int64(1000) << Int64(min(failures - Self.failuresBeforeHold, 20))
        return varied(min(doubled, most))
    }

    private func varied(_ milliseconds: Int64) -> Int64 {
        max(1, milliseconds * Int64.random(in: 80...120) / 100)
    }
}

extension WebhookProgress {
    /// Notes what came of an attempt.
    ///
    /// - Parameters:
    ///   - attempt: the attempt
    ///   - delivery: whose it is, the attempt added already; its state and next try are set
    ///   - schedule: when to try again
    ///   - now: when the attempt ended
    mutating func note(
        _ attempt: DeliveryAttempt,
        of delivery: inout Delivery,
        _ schedule: RetrySchedule,
        at now: Timestamp
    ) {
        note(duration: attempt.duration)
        if attempt.isSuccess {
            (delivery.state, delivery.nextTry) = (.delivered, nil)
            (failures, failingSince, heldUntil) = (0, nil, nil)
            return
        }
        failures += 1
        let since = failingSince ?? now
        failingSince = since
        let asked = attempt.retryAfter.map { Int64(min($0, RetrySchedule.longestRetryAfter)) * 1000 }
        if let hold = [asked, schedule.hold(afterFailures: failures)].compactMap({ $0 }).max() {
            heldUntil = now.later(by: hold)
        }
        let age = now.milliseconds - delivery.created.milliseconds
        if attempt.isWorthRepeating, let delay = schedule.delay(afterTries: delivery.tries, age: age) {
            (delivery.state, delivery.nextTry) = (.waiting, now.later(by: max(delay, asked ?? 0)))
        } else {
            (delivery.state, delivery.nextTry) = (.failed, nil)
        }
        if attempt.status == 410 {
            pause = Pause(at: now, reason: "the receiver answered 410 Gone: it wants no more")
        } else if failures >= RetrySchedule.failuresBeforePause,
            now.milliseconds - since.milliseconds >= Int64(schedule.window) * 950
        {
            let last = attempt.problem ?? attempt.status.map { "HTTP \($0)" } ?? ""
            pause = Pause(at: now, reason: "no attempt succeeded since \(since); the last failure: \(last)")
        }
    }
}

extension Timestamp {
    func later(by milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: self.milliseconds + milliseconds) ?? .latest
    }
}
