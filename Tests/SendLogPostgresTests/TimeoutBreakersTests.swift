import SendLogCore
import Testing

@testable import SendLogPostgres

struct TimeoutBreakersTests {
    private let start = ContinuousClock.now
    private let one = OrganisationID(1)
    private let other = OrganisationID(2)

    /// Returns whether an organisation is admitted, in seconds after the start.
    private func admits(
        _ organisation: OrganisationID,
        after seconds: Double,
        _ breakers: inout TimeoutBreakers
    ) -> Bool {
        breakers.admits(organisation, at: start + .seconds(seconds))
    }

    @Test func `an organisation is refused for a second after a timeout, then one piece of work may try`() {
        var breakers = TimeoutBreakers()
        var admissions = [admits(one, after: 0, &breakers)]
        breakers.record(true, of: one, at: start)
        admissions += [0.9, 1, 1.5].map { admits(one, after: $0, &breakers) }
        #expect(admissions == [true, false, true, false])
        let isOtherAdmitted = admits(other, after: 0.9, &breakers)
        #expect(isOtherAdmitted)
        breakers.record(false, of: one, at: start + .seconds(1.6))
        admissions = [1.6, 1.6].map { admits(one, after: $0, &breakers) }
        #expect(admissions == [true, true])
    }

    @Test func `further timeouts double the time, up to four seconds`() {
        var breakers = TimeoutBreakers()
        for seconds in [1.0, 2, 4, 4] {
            breakers.record(true, of: one, at: start)
            let isAdmitted = admits(one, after: seconds - 0.1, &breakers)
            #expect(!isAdmitted, "\(seconds)")
        }
        let isAdmitted = admits(one, after: 4, &breakers)
        #expect(isAdmitted)
    }
}
