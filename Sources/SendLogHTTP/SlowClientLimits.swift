/// The limits for clients that send slowly.
public struct SlowClientLimits: Equatable, Sendable {
    /// The number of seconds within which the head of a request must arrive, counted from its first byte.
    public let headTimeout: Int
    /// The number of seconds within which the rest of a body must arrive once the response is sent.
    public let drainTimeout: Int
    /// The minimum rate of a body in bytes per second while the server waits for it, averaged over ``window``; 0 for no
    /// limit.
    public let minBodyRate: Int

    /// The period over which the rate of a body is measured, in seconds.
    public static let window = 20

    /// Creates limits: timeouts in seconds, and a rate in bytes per second.
    public init(headTimeout: Int = 20, drainTimeout: Int = 20, minBodyRate: Int = 500) {
        (self.headTimeout, self.drainTimeout, self.minBodyRate) = (headTimeout, drainTimeout, minBodyRate)
    }
}
