/// The delivery of one send by one webhook, with its attempts.
public struct Delivery: Equatable, Sendable {
    /// The delivery's ID, unique within its webhook.
    public let id: DeliveryID
    /// The send that is delivered.
    public let send: SendLogID
    /// The time of the first attempt.
    public let created: Timestamp
    /// The current state.
    public var state: State
    /// The time of the next attempt; `nil` if none is scheduled.
    public var nextTry: Timestamp?
    /// The number of automatic attempts; manual ones do not count.
    public var tries: Int
    /// The latest attempts, oldest first, at most ``maxStoredAttempts``.
    public var attempts: [DeliveryAttempt]

    /// The state of a delivery.
    public enum State: String, Sendable, CaseIterable {
        /// The last attempt failed, and another one is scheduled.
        case waiting
        /// The receiver accepted the request.
        case delivered
        /// The last attempt failed, and no automatic attempt follows.
        case failed
    }

    /// The maximum number of attempts that are stored of a delivery.
    public static let maxStoredAttempts = 20

    /// Creates a delivery.
    public init(
        id: DeliveryID,
        send: SendLogID,
        created: Timestamp,
        state: State,
        nextTry: Timestamp? = nil,
        tries: Int = 0,
        attempts: [DeliveryAttempt] = []
    ) {
        (self.id, self.send, self.created, self.state) = (id, send, created, state)
        (self.nextTry, self.tries, self.attempts) = (nextTry, tries, attempts)
    }

    /// The kind of an attempt, which decides what follows a failure.
    public enum AttemptKind: Sendable {
        /// An attempt of the retry schedule, with the time of the next one; `nil` if none follows.
        case automatic(nextTry: Timestamp?)
        /// An attempt that a user requested, which changes neither the schedule nor ``Delivery/tries``.
        case manual
        /// An entry that says why no attempt is made any more.
        case abandoned
    }

    /// Adds an attempt, and drops the oldest beyond ``maxStoredAttempts``; a delivered one stays delivered.
    public mutating func apply(_ attempt: DeliveryAttempt, _ kind: AttemptKind) {
        attempts.append(attempt)
        if attempts.count > Self.maxStoredAttempts { attempts.removeFirst() }
        if case .automatic = kind { tries += 1 }
        if attempt.isSuccess { state = .delivered }
        guard state != .delivered else {
            nextTry = nil
            return
        }
        switch kind {
        case .automatic(let moment): nextTry = moment
        // A delivery that waits for its next attempt keeps waiting.
        case .manual: break
        case .abandoned: nextTry = nil
        }
        state = nextTry == nil ? .failed : .waiting
    }

    /// Appends the delivery as JSON.
    public func write(webhook: WebhookID, to bytes: inout [UInt8]) {
        bytes.append("{")
        bytes.appendMember("_id", id.description)
        bytes.appendMember("webhook_id", webhook.text)
        bytes.appendMember("send_id", send.text)
        bytes.appendMember("test", id.test != nil)
        bytes.appendMember("state", state.rawValue)
        bytes.appendMember("createdAt", created)
        bytes.appendMember("nextTryAt", nextTry)
        bytes.appendMember("tries", tries)
        bytes.appendMember("attempts", attempts)
        bytes.append("}")
    }
}
