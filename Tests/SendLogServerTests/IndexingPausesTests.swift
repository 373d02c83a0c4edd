import SendLogCore
import Testing

@testable import SendLogServer

@Suite struct IndexingPausesTests {
    private let one = OrganisationID(1)
    private let other = OrganisationID(2)
    private let start = ContinuousClock.now

    @Test func `the pause after failures doubles up to a limit, and ends`() {
        var pauses = IndexingPauses()
        var now = start
        var lengths: [Int] = []
        for _ in 0..<80 {
            let length = pauses.failed(one, at: now)
            lengths.append(length)
            #expect(pauses.paused(at: now + .seconds(length) - .milliseconds(1)) == [one])
            now += .seconds(length)
            #expect(pauses.paused(at: now).isEmpty)
        }
        #expect(lengths.prefix(11) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900])
        #expect(lengths.dropFirst(11).allSatisfy { $0 == 900 })
    }

    @Test func `each organisation has its own pause, and a success ends its failures`() {
        var pauses = IndexingPauses()
        for _ in 0..<4 { _ = pauses.failed(one, at: start) }
        #expect(pauses.failed(other, at: start) == 1)
        #expect(pauses.paused(at: start) == [one, other])
        #expect(pauses.paused(at: start + .seconds(2)) == [one])
        pauses.succeeded(one)
        #expect(pauses.paused(at: start) == [other])
        #expect(pauses.failed(one, at: start) == 1)
    }
}
