import SendLogCore
import Testing

@testable import SendLogPostgres

struct NodeStatesTests {
    private let start = ContinuousClock.now
    private let one = NodeID(group: 1)
    private let two = NodeID(group: 2)

    private func time(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func `the node of an organisation is known for 30 seconds`() {
        var nodes = NodeStates()
        let organisation = OrganisationID(7)
        #expect(nodes.node(of: organisation, at: start) == nil)
        nodes.setNode(one, of: organisation, at: start)
        #expect(nodes.node(of: organisation, at: time(29)) == one)
        #expect(nodes.node(of: organisation, at: time(30)) == nil)
    }

    @Test func `an unavailable node interrupts and refuses its own statements, and those on all nodes`() {
        var nodes = NodeStates()
        let interruptions = (0..<3).map { _ in Interruption() }
        let running = zip([one, two, .all], interruptions).map { nodes.begin(on: $0, $1) }
        #expect(!running.contains(nil))
        for interruption in nodes.setUnavailable(two) ?? [] { interruption.request() }
        #expect(interruptions.map(\.isRequested) == [false, true, true])
        let admitted = [one, two, .all].map { nodes.begin(on: $0, Interruption()) != nil }
        #expect(admitted == [true, false, false])
        let again = nodes.setUnavailable(two)
        #expect(again == nil)
        let wasUnavailable = nodes.endProbe(of: two, answered: time(1))
        #expect(wasUnavailable)
        let all = [one, two, .all].map { nodes.begin(on: $0, Interruption()) != nil }
        #expect(all == [true, true, true])
    }

    @Test func `one probe of a node runs at a time, and an answer is enough for a second`() {
        var nodes = NodeStates()
        var starts = [nodes.startProbe(of: one, at: start), nodes.startProbe(of: one, at: time(5))]
        starts.append(nodes.startProbe(of: two, at: start))
        #expect(starts == [true, false, true])
        let wasUnavailable = nodes.endProbe(of: one, answered: time(5))
        #expect(!wasUnavailable)
        let later = [nodes.startProbe(of: one, at: time(5.9)), nodes.startProbe(of: one, at: time(6))]
        #expect(later == [false, true])
        // A probe without an outcome does not delay the next one.
        _ = nodes.endProbe(of: two, answered: nil)
        let startsAgain = nodes.startProbe(of: two, at: start)
        #expect(startsAgain)
    }

    @Test func `a node has a result since a time only if one of its statements had one`() throws {
        var nodes = NodeStates()
        let begun = [nodes.begin(on: one, Interruption()), nodes.begin(on: one, Interruption())]
        let (first, second) = (try #require(begun[0]), try #require(begun[1]))
        nodes.end(first, hasResult: false, at: time(1))
        #expect(!nodes.hasResult(of: one, since: start))
        nodes.end(second, hasResult: true, at: time(2))
        #expect(nodes.hasResult(of: one, since: time(2)) && !nodes.hasResult(of: one, since: time(2.1)))
        #expect(!nodes.hasResult(of: two, since: start))
    }
}
