/// One attempt at a request with an ``IdempotencyKey``.
public struct IdempotentRequest: Sendable {
    /// The key that the client chose.
    public let key: IdempotencyKey
    /// SHA-256 of method, path and body, 32 bytes.
    public let digest: [UInt8]
    /// A new ID: the owner of the lease, and the reserved ID if the key is new.
    public let id: SendLogID
    /// The current time.
    public let now: Timestamp

    /// The duration of a lease in milliseconds.
    ///
    /// It is longer than any handler takes once the whole body has arrived, and the time after which a request may begin
    /// again if its server was killed.
    public static let leaseDuration: Int64 = 60_000

    /// Creates an attempt.
    public init(key: IdempotencyKey, digest: [UInt8], id: SendLogID, now: Timestamp) {
        (self.key, self.digest, self.id, self.now) = (key, digest, id, now)
    }

    /// When the lease ends, in milliseconds since 1970.
    public var leaseEnd: Int64 { now.milliseconds + Self.leaseDuration }

    /// The newest creation of a key that is too long ago, in milliseconds since 1970.
    public var expiry: Int64 { now.milliseconds - IdempotencyKey.lifetime }
}

/// What a store has under an ``IdempotencyKey``.
public enum IdempotencyState: Equatable, Sendable {
    /// The request may be handled now.
    ///
    /// What it creates gets the reserved ID. Every attempt at the request gets the same one.
    case started(reserved: SendLogID)
    /// Another server, or another connection, is handling the request.
    case inProgress
    /// The request was handled before.
    case finished(StoredResponse)
    /// The key came with another request.
    case reused

    /// Creates the state of a row whose request may not begin.
    ///
    /// - Parameters:
    ///   - request: the request that did not begin
    ///   - digest: the row's digest
    ///   - status: the row's status; `nil` while the request is in progress
    ///   - response: reads the rest of the response
    /// - Throws: ``StoreError/corrupted(detail:)`` for a status that no stored response has.
    public init(
        of request: IdempotentRequest,
        digest: [UInt8],
        status: Int64?,
        response: () -> (location: String, body: [UInt8])
    ) throws(StoreError) {
        guard digest == request.digest else {
            self = .reused
            return
        }
        guard let status else {
            self = .inProgress
            return
        }
        guard (200..<500).contains(status) else {
            throw .corrupted(detail: "the status of a stored response is out of range")
        }
        let (location, body) = response()
        self = .finished(StoredResponse(status: Int(status), location: location, body: body))
    }
}

/// A response that is kept to be sent again.
public struct StoredResponse: Equatable, Sendable {
    /// The HTTP status, 200 to 499.
    public let status: Int
    /// The value of `Location`; empty for none.
    public let location: String
    /// The JSON of the envelope up to `requestId`, which each response has for itself.
    public let body: [UInt8]

    /// Creates a response.
    public init(status: Int, location: String, body: [UInt8]) {
        (self.status, self.location, self.body) = (status, location, body)
    }
}
