import SendLogCore
import SendLogScheduling
import Testing

struct OrganisationSignalsTests {
    @Test(.timeLimit(.minutes(10))) func `a signal wakes the service that waits, and one before the wait is not lost`()
        async throws
    {
        let signals = OrganisationSignals()
        for number in 1...200 as ClosedRange<Int64> {
            async let notified: Void = Task { signals.notify(OrganisationID(number)) }.value
            await signals.wait(until: .now + .seconds(3600))
            await notified
            #expect(signals.take() == [OrganisationID(number)])
        }
        #expect(signals.take() == [])
    }

    @Test func `a wait without a signal ends at its moment, and when its task is cancelled`() async {
        let signals = OrganisationSignals()
        let begin = ContinuousClock.now
        await signals.wait(until: begin + .milliseconds(30))
        #expect(.now - begin >= .milliseconds(30))
        let waiting = Task { await signals.wait(until: .now + .seconds(3600)) }
        waiting.cancel()
        await waiting.value
    }

    @Test func `each organisation is there once, and no more than fit`() {
        let signals = OrganisationSignals(capacity: 2)
        for number in [1, 1, 2, 3] as [Int64] { signals.notify(OrganisationID(number)) }
        #expect(signals.take() == [OrganisationID(1), OrganisationID(2)])
        signals.notify(OrganisationID(3))
        #expect(signals.take() == [OrganisationID(3)])
    }
}
