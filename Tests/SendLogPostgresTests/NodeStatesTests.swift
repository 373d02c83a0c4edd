import SendLogCore
import Testing

@testable import SendLogPostgres

struct NodeStatesTests {
    private let start = ContinuousClock.now
    private let (one, two) = (NodeID(group: 1), NodeID(group: 2))

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
        #expect(nodes.begin(on: one, Interruption()) != nil)
        #expect(nodes.begin(on: two, Interruption()) == nil)
        #expect(nodes.begin(on: .all, Interruption()) == nil)
        #expect(nodes.setUnavailable(two) == nil)
        #expect(nodes.endProbe(of: two, answered: time(1)))
        #expect(nodes.begin(on: two, Interruption()) != nil && nodes.begin(on: .all, Interruption()) != nil)
    }

    @Test func `one probe of a node runs at a time, and an answer is enough for a second`() {
        var nodes = NodeStates()
        #expect(nodes.startProbe(of: one, at: start))
        #expect(!nodes.startProbe(of: one, at: time(5)))
        #expect(nodes.startProbe(of: two, at: start))
        #expect(!nodes.endProbe(of: one, answered: time(5)))
        #expect(!nodes.startProbe(of: one, at: time(5.9)))
        #expect(nodes.startProbe(of: one, at: time(6)))
        // A probe without an outcome does not delay the next one.
        _ = nodes.endProbe(of: two, answered: nil)
        #expect(nodes.startProbe(of: two, at: start))
    }

    @Test func `a node has a result since a time only if one of its statements had one`() throws {
        var nodes = NodeStates()
        let first = try #require(nodes.begin(on: one, Interruption()))
        let second = try #require(nodes.begin(on: one, Interruption()))
        nodes.end(first, hasResult: false, at: time(1))
        #expect(!nodes.hasResult(of: one, since: start))
        nodes.end(second, hasResult: true, at: time(2))
        #expect(nodes.hasResult(of: one, since: time(2)) && !nodes.hasResult(of: one, since: time(2.1)))
        #expect(!nodes.hasResult(of: two, since: start))
    }
}
