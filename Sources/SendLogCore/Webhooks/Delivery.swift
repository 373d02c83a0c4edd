/// The telling of one send by one webhook, with its attempts.
public struct Delivery: Equatable, Sendable {
    /// What it is called within its webhook.
    public let id: DeliveryID
    /// The send that is told.
    public let send: SendLogID
    /// When its first attempt was made.
    public let created: Timestamp
    /// Where it stands.
    public var state: State
    /// When it is tried next; `nil` where it is not.
    public var nextTry: Timestamp?
    /// How many attempts were made by itself, those that somebody asked for left out.
    public var tries: Int
    /// The last attempts, the first of them first; see ``mostAttempts``.
    public var attempts: [DeliveryAttempt]

    /// Where a delivery stands.
    public enum State: String, Sendable, CaseIterable {
        /// It failed, and will be tried again.
        case waiting
        /// The receiver took it.
        case delivered
        /// It failed, and will not be tried again by itself.
        case failed
    }

    /// How many attempts are kept of a delivery.
    public static let mostAttempts = 20

    /// Makes a delivery of its parts.
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

    /// Adds an attempt.
    ///
    /// - Parameters:
    ///   - attempt: the attempt
    ///   - isAsked: whether somebody asked for it, which leaves as many tries as there were
    public mutating func add(_ attempt: DeliveryAttempt, isAsked: Bool = false) {
        if !isAsked { tries += 1 }
        attempts.append(attempt)
        if attempts.count > Self.mostAttempts { attempts.removeFirst() }
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

/// What a delivery is called within its webhook: the send's place in the order of recording, and of a test when it was made.
public struct DeliveryID: Hashable, Sendable, CustomStringConvertible {
    /// The send's place in the order of recording; 0 for a send that never was.
    public let sequence: SequenceNumber
    /// Of a test, the milliseconds since 1970 at which it was made.
    public let test: Int64?

    /// Names a delivery.
    public init(_ sequence: SequenceNumber, test: Int64? = nil) {
        self.sequence = sequence
        self.test = test
    }

    /// Understands what ``description`` says.
    public init?(_ text: String) {
        let parts = text.split(separator: "-t", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = parts.first.flatMap({ Int64($0) }), number >= 0 else { return nil }
        sequence = SequenceNumber(number)
        test = parts.count > 1 ? Int64(parts[1]) : nil
        guard description == text else { return nil }
    }

    /// Such as `1042`, of a test `1042-t1643155200000`.
    public var description: String { test.map { "\(sequence.number)-t\($0)" } ?? "\(sequence.number)" }
}

/// One attempt of a delivery.
public struct DeliveryAttempt: Equatable, Sendable {
    /// When it began.
    public let at: Timestamp
    /// How long it took in milliseconds.
    public let duration: Int
    /// The status of the answer; `nil` for none.
    public let status: Int?
    /// Why there was no answer, or what is wrong with it, in words for people.
    public let problem: String?
    /// The first bytes of the answer's body; see ``mostAnswer``.
    public let answer: [UInt8]
    /// How many seconds the receiver asks to be left alone; not kept, since what comes of it is ``Delivery/nextTry``.
    public let retryAfter: Int?
    /// Whether no further attempt can succeed; not kept, since what comes of it is ``Delivery/state``.
    public let isFinal: Bool

    /// How many bytes of an answer are kept.
    public static let mostAnswer = 1024

    /// Makes an attempt of its parts.
    public init(
        at: Timestamp,
        duration: Int,
        status: Int? = nil,
        problem: String? = nil,
        answer: [UInt8] = [],
        retryAfter: Int? = nil,
        isFinal: Bool = false
    ) {
        self.at = at
        self.duration = duration
        self.status = status
        self.problem = problem
        self.answer = answer
        self.retryAfter = retryAfter
        self.isFinal = isFinal
    }

    /// Whether the receiver took it.
    public var isSuccess: Bool { status.map { (200..<300).contains($0) } ?? false }

    /// Whether another attempt may do better: no answer, 429, or a failure of the server's own.
    public var isWorthRepeating: Bool { !isFinal && (status.map { $0 == 429 || $0 >= 500 } ?? true) }

    /// Appends attempts as JSON, from which ``read(_:)`` makes them again.
    public static func write(_ attempts: [DeliveryAttempt], to bytes: inout [UInt8]) {
        bytes.append("[")
        for (place, attempt) in attempts.enumerated() {
            if place > 0 { bytes.append(",") }
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
        // What is no UTF-8 is replaced: it is for people to read.
        bytes.appendJSON(String(decoding: answer, as: UTF8.self))
        bytes.append("}")
    }

    /// Understands what ``write(_:to:)`` wrote.
    public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> [DeliveryAttempt] {
        guard case .array(let values)? = try? JSONValue(utf8: bytes) else { return [] }
        return values.compactMap { value in
            guard case .object(let members) = value else { return nil }
            var (at, duration, status): (Timestamp?, Int, Int?) = (nil, 0, nil)
            var (problem, answer): (String?, String) = (nil, "")
            for member in members {
                switch (member.name, member.value) {
                case ("at", .string(let text)): at = Timestamp(rfc3339: text)
                case ("duration", .scalar(.number(let number))): duration = number.integer ?? 0
                case ("status", .scalar(.number(let number))): status = number.integer
                case ("problem", .string(let text)): problem = text
                case ("answer", .string(let text)): answer = text
                default: break
                }
            }
            return at.map {
                DeliveryAttempt(
                    at: $0,
                    duration: duration,
                    status: status,
                    problem: problem,
                    answer: Array(answer.utf8)
                )
            }
        }
    }
}
