import NIOCore

/// Detects a client that sends very slowly in order to hold the connection.
///
/// Decides from its arguments alone, without a clock.
struct SlowClientDetector {
    private let limits: SlowClientLimits
    /// When the first byte of the incomplete head arrived.
    private var headBegan: NIODeadline?
    /// When the response was sent, if the request's body had not ended by then.
    private var drainBegan: NIODeadline?
    /// When the server began to wait for the body, and how many bytes have arrived since.
    private var body: (since: NIODeadline, bytes: Int)?

    init(_ limits: SlowClientLimits) { self.limits = limits }

    /// The maximum time until the next check.
    var interval: TimeAmount {
        .seconds(Int64(min(limits.headTimeout, limits.drainTimeout, SlowClientLimits.window / 4)))
    }

    /// Records bytes that do not belong to a request yet.
    mutating func didReceiveHeadBytes(at now: NIODeadline) { headBegan = headBegan ?? now }

    /// Records a complete head.
    mutating func didReceiveHead() { headBegan = nil }

    /// Records bytes of a body.
    mutating func didReceiveBody(_ bytes: Int) { body?.bytes += bytes }

    /// Records that a response was sent, and whether the request's body had ended.
    mutating func didSendResponse(isBodyComplete: Bool, at now: NIODeadline) {
        drainBegan = isBodyComplete ? nil : now
        body = nil
    }

    /// Records the end of a body.
    mutating func didReceiveBodyEnd() { (drainBegan, body) = (nil, nil) }

    /// Returns whether the client is too slow, given whether the server waits for more of a body.
    mutating func isTooSlow(at now: NIODeadline, isAwaited: Bool) -> Bool {
        if let headBegan, now - headBegan >= .seconds(Int64(limits.headTimeout)) { return true }
        if let drainBegan, now - drainBegan >= .seconds(Int64(limits.drainTimeout)) { return true }
        guard isAwaited, limits.minBodyRate > 0 else {
            body = nil
            return false
        }
        guard let current = body else {
            body = (now, 0)
            return false
        }
        guard now - current.since >= .seconds(Int64(SlowClientLimits.window)) else { return false }
        body = (now, 0)
        return current.bytes < limits.minBodyRate * SlowClientLimits.window
    }
}
