import NIOCore
import Testing

@testable import SendLogHTTP

/// Which clients are too slow.
struct ClientPaceTests {
    private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }
    private static let limits = PaceLimits(headTimeout: 10, drainTimeout: 5, minBodyRate: 100)

    private static func expect(
        _ isTooSlow: Bool,
        _ pace: inout ClientPace,
        at seconds: Int64,
        isAwaited: Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let found = pace.isTooSlow(at: at(seconds), isAwaited: isAwaited)
        #expect(found == isTooSlow, sourceLocation: sourceLocation)
    }

    @Test func `a head must come in time, from its first byte on`() {
        var pace = ClientPace(Self.limits)
        pace.noteHeadBytes(at: Self.at(3))
        pace.noteHeadBytes(at: Self.at(12))
        Self.expect(false, &pace, at: 12, isAwaited: false)
        Self.expect(true, &pace, at: 13, isAwaited: false)
        pace.noteHead()
        Self.expect(false, &pace, at: 100, isAwaited: false)
    }

    @Test func `the rest of a body whose response was sent must come in time`() {
        var pace = ClientPace(Self.limits)
        pace.noteResponse(isBodyOver: true, at: Self.at(0))
        Self.expect(false, &pace, at: 100, isAwaited: false)
        pace.noteResponse(isBodyOver: false, at: Self.at(100))
        Self.expect(false, &pace, at: 104, isAwaited: false)
        Self.expect(true, &pace, at: 105, isAwaited: false)
        pace.noteBodyEnd()
        Self.expect(false, &pace, at: 200, isAwaited: false)
    }

    @Test(arguments: [(1999, true), (2000, false)]) func `a body must bring enough while it is waited for`(
        bytes: Int,
        isTooSlow: Bool
    ) {
        var pace = ClientPace(Self.limits)
        // What came before the server waited counts for nothing.
        pace.noteBody(1_000_000)
        Self.expect(false, &pace, at: 0, isAwaited: true)
        pace.noteBody(bytes)
        Self.expect(false, &pace, at: 19, isAwaited: true)
        Self.expect(isTooSlow, &pace, at: 20, isAwaited: true)
        // Each window by itself.
        Self.expect(false, &pace, at: 39, isAwaited: true)
        Self.expect(true, &pace, at: 40, isAwaited: true)
    }

    @Test func `a server that takes its time with a body does not blame the client`() {
        var pace = ClientPace(Self.limits)
        Self.expect(false, &pace, at: 0, isAwaited: true)
        Self.expect(false, &pace, at: 15, isAwaited: false)
        Self.expect(false, &pace, at: 30, isAwaited: true)
        Self.expect(false, &pace, at: 49, isAwaited: true)
        Self.expect(true, &pace, at: 50, isAwaited: true)
    }

    @Test func `without a rate a body may take as long as it likes`() {
        var pace = ClientPace(PaceLimits(minBodyRate: 0))
        for second in stride(from: Int64(0), to: 1000, by: 5) {
            Self.expect(false, &pace, at: second, isAwaited: true)
        }
    }
}
