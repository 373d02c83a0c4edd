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
        (self.at, self.duration, self.status, self.problem) = (at, duration, status, problem)
        (self.responseBody, self.retryAfter, self.isPermanent) = (responseBody, retryAfter, isPermanent)
    }

    /// Whether the receiver accepted the request, with a status of 200 to 299.
    public var isSuccess: Bool { status.map { (200..<300).contains($0) } ?? false }

    /// The statuses below 500 that are temporary: Request Timeout, Locked, Too Early and Too Many Requests.
    private static let temporaryStatuses: Set = [408, 423, 425, 429]

    /// Whether another attempt may succeed: no response, a temporary status, or a server error (500 and above).
    public var isRetryable: Bool {
        !isPermanent && (status.map { $0 >= 500 || Self.temporaryStatuses.contains($0) } ?? true)
    }
}

extension DeliveryAttempt: JSONWritable {
    package func writeJSON(to bytes: inout [UInt8]) {
        bytes.append("{")
        bytes.appendMember("at", at)
        bytes.appendMember("duration", duration)
        bytes.appendMember("status", status)
        bytes.appendMember("problem", problem)
        // Invalid UTF-8 is replaced, because the text is for people to read.
        bytes.appendMember("answer", String(decoding: responseBody, as: UTF8.self))
        bytes.append("}")
    }

    /// Parses an array of attempts that ``writeJSON(to:)`` wrote; malformed ones are left out.
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
            guard let start = at else { return nil }
            let body = Array(responseBody.utf8)
            return DeliveryAttempt(at: start, duration: duration, status: status, problem: problem, responseBody: body)
        }
    }
}
