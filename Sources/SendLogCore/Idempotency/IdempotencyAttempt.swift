/// One attempt at a request with an ``IdempotencyKey``.
public struct IdempotencyAttempt: Sendable {
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
