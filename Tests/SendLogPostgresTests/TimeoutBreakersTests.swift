import SendLogCore
import Testing

@testable import SendLogPostgres

struct TimeoutBreakersTests {
    private let start = ContinuousClock.now
    private let (one, other) = (OrganisationID(1), OrganisationID(2))

    private func time(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func `an organisation is refused for a second after a timeout, then one piece of work may try`() {
        var breakers = TimeoutBreakers()
        #expect(breakers.admits(one, at: start))
        breakers.record(true, of: one, at: start)
        #expect(!breakers.admits(one, at: time(0.9)))
        #expect(breakers.admits(other, at: time(0.9)))
        #expect(breakers.admits(one, at: time(1)))
        #expect(!breakers.admits(one, at: time(1.5)))
        breakers.record(false, of: one, at: time(1.6))
        #expect(breakers.admits(one, at: time(1.6)) && breakers.admits(one, at: time(1.6)))
    }

    @Test func `further timeouts double the time, up to eight seconds`() {
        var breakers = TimeoutBreakers()
        for seconds in [1.0, 2, 4, 8, 8] {
            breakers.record(true, of: one, at: start)
            #expect(!breakers.admits(one, at: time(seconds - 0.1)), "\(seconds)")
        }
        #expect(breakers.admits(one, at: time(8)))
    }
}
