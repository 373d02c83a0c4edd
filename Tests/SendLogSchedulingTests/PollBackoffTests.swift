import SendLogScheduling
import Testing

struct PollBackoffTests {
    @Test func `pauses double while polls find nothing, and are short again after one that did`() {
        var backoff = PollBackoff(.milliseconds(300) ... .seconds(5))
        var pauses = (0..<7).map { _ in backoff.pause(afterWork: false, variation: 0) }
        #expect(pauses == [300, 600, 1200, 2400, 4800, 5000, 5000].map { .milliseconds($0) })
        pauses = [true, true, false, false].map { backoff.pause(afterWork: $0, variation: 0) }
        #expect(pauses == [300, 300, 600, 1200].map { .milliseconds($0) })
    }

    @Test(arguments: [-1, -0.5, 0, 1]) func `pauses vary by a fifth, up to the longest`(variation: Double) {
        var backoff = PollBackoff(.seconds(1) ... .seconds(4))
        let pauses = (0..<4).map { _ in backoff.pause(afterWork: false, variation: variation) }
        #expect(pauses == [1, 2, 4, 4].map { min(.seconds(4), .seconds($0) * (1 + variation / 5)) })
    }

    @Test func `without a range, all pauses are the same, but never longer`() {
        var backoff = PollBackoff(.seconds(1) ... .seconds(1))
        for foundWork in [false, true, false] {
            #expect(backoff.pause(afterWork: foundWork, variation: 1) == .seconds(1))
        }
    }
}
