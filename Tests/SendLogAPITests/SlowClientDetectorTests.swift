import NIOCore
import Testing

@testable import SendLogHTTP

/// The limits for slow clients.
struct SlowClientDetectorTests {
    private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }
    private static let limits = SlowClientLimits(headTimeout: 10, drainTimeout: 5, minBodyRate: 100)

    private static func expect(
        _ isTooSlow: Bool,
        _ detector: inout SlowClientDetector,
        at seconds: Int64,
        isAwaited: Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let found = detector.isTooSlow(at: at(seconds), isAwaited: isAwaited)
        #expect(found == isTooSlow, sourceLocation: sourceLocation)
    }

    @Test func `a head must arrive within its timeout, counted from its first byte`() {
        var detector = SlowClientDetector(Self.limits)
        detector.didReceiveHeadBytes(at: Self.at(3))
        detector.didReceiveHeadBytes(at: Self.at(12))
        Self.expect(false, &detector, at: 12, isAwaited: false)
        Self.expect(true, &detector, at: 13, isAwaited: false)
        detector.didReceiveHead()
        Self.expect(false, &detector, at: 100, isAwaited: false)
    }

    @Test func `the rest of a body must arrive within the drain timeout after the response`() {
        var detector = SlowClientDetector(Self.limits)
        detector.didSendResponse(isBodyComplete: true, at: Self.at(0))
        Self.expect(false, &detector, at: 100, isAwaited: false)
        detector.didSendResponse(isBodyComplete: false, at: Self.at(100))
        Self.expect(false, &detector, at: 104, isAwaited: false)
        Self.expect(true, &detector, at: 105, isAwaited: false)
        detector.didReceiveBodyEnd()
        Self.expect(false, &detector, at: 200, isAwaited: false)
    }

    @Test(arguments: [(1999, true), (2000, false)]) func `a body must keep the minimum rate while it is awaited`(
        bytes: Int,
        isTooSlow: Bool
    ) {
        var detector = SlowClientDetector(Self.limits)
        // Bytes from before the wait do not count.
        detector.didReceiveBody(1_000_000)
        Self.expect(false, &detector, at: 0, isAwaited: true)
        detector.didReceiveBody(bytes)
        Self.expect(false, &detector, at: 19, isAwaited: true)
        Self.expect(isTooSlow, &detector, at: 20, isAwaited: true)
        // Each window counts by itself.
        Self.expect(false, &detector, at: 39, isAwaited: true)
        Self.expect(true, &detector, at: 40, isAwaited: true)
    }

    @Test func `time that the server spends on a body does not count against the client`() {
        var detector = SlowClientDetector(Self.limits)
        Self.expect(false, &detector, at: 0, isAwaited: true)
        Self.expect(false, &detector, at: 15, isAwaited: false)
        Self.expect(false, &detector, at: 30, isAwaited: true)
        Self.expect(false, &detector, at: 49, isAwaited: true)
        Self.expect(true, &detector, at: 50, isAwaited: true)
    }

    @Test func `without a minimum rate, a body may take any time`() {
        var detector = SlowClientDetector(SlowClientLimits(minBodyRate: 0))
        for second in stride(from: Int64(0), to: 1000, by: 5) {
            Self.expect(false, &detector, at: second, isAwaited: true)
        }
    }
}
