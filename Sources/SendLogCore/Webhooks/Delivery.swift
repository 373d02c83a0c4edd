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
        self.id = id
        self.send = send
        self.created = created
        self.state = state
        self.nextTry = nextTry
        self.tries = tries
        self.attempts = attempts
    }

    /// Adds an attempt, and drops the oldest if there are more than ``maxStoredAttempts``.
    ///
    /// - Parameters:
    ///   - attempt: the attempt
    ///   - isManual: whether a user requested the attempt; if so, ``tries`` does not change
    public mutating func add(_ attempt: DeliveryAttempt, isManual: Bool = false) {
        if !isManual { tries += 1 }
        attempts.append(attempt)
        if attempts.count > Self.maxStoredAttempts { attempts.removeFirst() }
    }

    /// Appends the delivery as JSON.
    public func write(webhook: WebhookID, to bytes: inout [UInt8]) {
        bytes.append("{\"_id\":")
        bytes.appendJSON(id.description)
        bytes.append(",\"webhook_id\":")
        bytes.appendJSON(webhook.text)
        bytes.append(",\"send_id\":")
        bytes.appendJSON(send.text)
        bytes.append(id.test == nil ? ",\"test\":false" : ",\"test\":true")
        bytes.append(",\"state\":")
        bytes.appendJSON(state.rawValue)
        bytes.append(",\"createdAt\":\"")
        created.write(to: &bytes)
        bytes.append("\",\"nextTryAt\":")
        if let nextTry {
            bytes.append("\"")
            nextTry.write(to: &bytes)
            bytes.append("\"")
        } else {
            bytes.append("null")
        }
        bytes.append(",\"tries\":")
        bytes.appendDecimal(tries)
        bytes.append(",\"attempts\":")
        DeliveryAttempt.write(attempts, to: &bytes)
        bytes.append("}")
    }
}

/// The ID of a delivery within its webhook: the send's sequence number and, for a test, the time of the test.
public struct DeliveryID: Hashable, Sendable, CustomStringConvertible {
    /// The send's sequence number; 0 for the sample send.
    public let sequence: SequenceNumber
    /// The time of the test in milliseconds since 1970; `nil` if the delivery is not a test.
    public let test: Int64?

    /// Creates an ID.
    public init(_ sequence: SequenceNumber, test: Int64? = nil) {
        self.sequence = sequence
        self.test = test
    }

    /// Parses an ID in the format of ``description``; `nil` if the text has another format.
    public init?(_ text: String) {
        let parts = text.split(separator: "-t", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = parts.first.flatMap({ Int64($0) }), number >= 0 else { return nil }
        sequence = SequenceNumber(number)
        test = parts.count > 1 ? Int64(parts[1]) : nil
        guard description == text else { return nil }
    }

    /// The ID as text, such as `1042`, or `1042-t1643155200000` for a test.
    public var description: String { test.map { "\(sequence.number)-t\($0)" } ?? "\(sequence.number)" }
}

/// One attempt of a delivery.
public struct DeliveryAttempt: Equatable, Sendable {
    /// The time at which the attempt began.
    public let at: Timestamp
    /// The duration in milliseconds.
    public let duration: Int
    /// The status code of the response; `nil` if there was no response.
    public let status: Int?
    /// Why there was no response, or what is wrong with it, in plain text for users.
    public let problem: String?
    /// The first bytes of the response body, at most ``maxResponseBytes``.
    public let responseBody: [UInt8]
    /// The delay in seconds that the receiver requests; not stored, because ``Delivery/nextTry`` includes it.
    public let retryAfter: Int?
    /// Whether the failure is permanent; not stored, because ``Delivery/state`` includes it.
    public let isPermanent: Bool

    /// The maximum number of bytes that are stored of a response body.
    public static let maxResponseBytes = 1024

    /// Creates an attempt.
    public init(
        at: Timestamp,
        duration: Int,
        status: Int? = nil,
        problem: String? = nil,
        responseBody: [UInt8] = [],
        retryAfter: Int? = nil,
        isPermanent: Bool = false
    ) {
        self.at = at
        self.duration = duration
        self.status = status
        self.problem = problem
        self.responseBody = responseBody
        self.retryAfter = retryAfter
        self.isPermanent = isPermanent
    }

    /// Whether the receiver accepted the request, with a status of 200 to 299.
    public var isSuccess: Bool { status.map { (200..<300).contains($0) } ?? false }

    /// Whether another attempt may succeed: no response, 429, or a server error (500 and above).
    public var isRetryable: Bool { !isPermanent && (status.map { $0 == 429 || $0 >= 500 } ?? true) }

    /// Appends attempts as JSON, in the format that ``read(_:)`` parses.
    public static func write(_ attempts: [DeliveryAttempt], to bytes: inout [UInt8]) {
        bytes.append("[")
        for (index, attempt) in attempts.enumerated() {
            if index > 0 { bytes.append(",") }
            attempt.write(to: &bytes)
        }
        bytes.append("]")
    }

    private func write(to bytes: inout [UInt8]) {
        bytes.append("{\"at\":\"")
        at.write(to: &bytes)
        bytes.append("\",\"duration\":")
        bytes.appendDecimal(duration)
        bytes.append(",\"status\":")
        if let status { bytes.appendDecimal(status) } else { bytes.append("null") }
        bytes.append(",\"problem\":")
        if let problem { bytes.appendJSON(problem) } else { bytes.append("null") }
        bytes.append(",\"answer\":")
        // Invalid UTF-8 is replaced, because the text is for people to read.
        bytes.appendJSON(String(decoding: responseBody, as: UTF8.self))
        bytes.append("}")
    }

    /// Parses attempts in the format of ``write(_:to:)``; malformed ones are left out.
    public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> [DeliveryAttempt] {
        guard case .array(let values)? = try? JSONValue(utf8: bytes) else { return [] }
        return values.compactMap { value in
            guard case .object(let members) = value else { return nil }
            var (at, duration, status): (Timestamp?, Int, Int?) = (nil, 0, nil)
            var (problem, responseBody): (String?, String) = (nil, "")
            for member in members {
                switch (member.name, member.value) {
                case ("at", .string(let text)): at = Timestamp(rfc3339: text)
                case ("duration", .scalar(.number(let number))): duration = number.integer ?? 0
                case ("status", .scalar(.number(let number))): status = number.integer
                case ("problem", .string(let text)): problem = text
                case ("answer", .string(let text)): responseBody = text
                default: break
                }
            }
            return at.map {
                DeliveryAttempt(
                    at: $0,
                    duration: duration,
                    status: status,
                    problem: problem,
                    responseBody: Array(responseBody.utf8)
                )
            }
        }
    }
}
