import SendLogCore
import Testing

@testable import SendLogWebhooks

/// An agenda whose methods change nothing but its state, so that expectations can call them.
private final class AgendaUnderTest {
    private(set) var state: AgendaState

    init(capacity: Int = 10_000) { state = AgendaState(capacity: capacity) }

    private static let start = ContinuousClock.now
    static func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    var nextLook: ContinuousClock.Instant? { state.nextLook }
    var waitingWebhooks: [PendingWebhook] { state.waitingWebhooks }

    func recorded(in organisation: OrganisationID, at now: ContinuousClock.Instant) -> Bool {
        state.recorded(in: organisation, at: now)
    }

    func changed(in organisation: OrganisationID, at now: ContinuousClock.Instant) -> Bool {
        state.changed(in: organisation, at: now)
    }

    func beginLooks(at now: ContinuousClock.Instant) -> [OrganisationID] { state.beginLooks(at: now) }
    func endLook(at organisation: OrganisationID, now: ContinuousClock.Instant) {
        state.endLook(at: organisation, found: [], now: now)
    }
    func failLook(at organisation: OrganisationID, now: ContinuousClock.Instant) {
        state.failLook(at: organisation, now: now)
    }
    func add(_ pending: [PendingWebhook]) -> Bool { state.add(pending) }
    func start(_ webhooks: [PendingWebhook]) { state.start(webhooks) }
    func failLease(_ webhooks: [PendingWebhook], in organisation: OrganisationID, at now: ContinuousClock.Instant) {
        state.failLease(of: webhooks, in: organisation, at: now)
    }
    func end(_ webhook: WebhookKey, at now: ContinuousClock.Instant) { state.end(webhook, at: now) }

    /// Makes the looks that are due at a time.
    func look(
        at milliseconds: Int,
        _ found: [(webhook: PendingWebhook, due: ContinuousClock.Instant?)] = []
    ) -> [OrganisationID] {
        let organisations = state.beginLooks(at: Self.at(milliseconds))
        for organisation in organisations {
            state.endLook(at: organisation, found: found, now: Self.at(milliseconds))
        }
        return organisations
    }
}

/// When the dispatcher looks at which organisations.
struct AgendaStateTests {
    private let acme = OrganisationID(1)

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { AgendaUnderTest.at(milliseconds) }

    private func webhook(_ id: String = "hook", of organisation: OrganisationID? = nil) throws -> PendingWebhook {
        PendingWebhook(
            organisation: organisation ?? acme,
            id: try #require(WebhookID(id)),
            leasedAt: 0,
            isHealthy: true
        )
    }

    @Test func `a recorded send leads to a look at once, and at its organisation alone`() {
        let agenda = AgendaUnderTest()
        #expect(agenda.nextLook == nil)
        #expect(agenda.recorded(in: acme, at: at(0)))
        #expect(agenda.nextLook == at(0))
        #expect(agenda.look(at: 0) == [acme])
        #expect(agenda.nextLook == nil && agenda.beginLooks(at: at(1000)) == [])
    }

    @Test func `an organisation without webhooks costs a look in five seconds, unless a webhook is created here`() {
        let agenda = AgendaUnderTest()
        _ = agenda.recorded(in: acme, at: at(0))
        #expect(agenda.look(at: 0) == [acme])
        for time in [1, 1000, 4999] { #expect(!agenda.recorded(in: acme, at: at(time))) }
        #expect(agenda.nextLook == nil)
        #expect(agenda.changed(in: acme, at: at(4999)))
        #expect(agenda.look(at: 4999) == [acme])
        #expect(!agenda.recorded(in: acme, at: at(9998)))
        #expect(agenda.recorded(in: acme, at: at(9999)))
    }

    @Test func `looks at an organisation are a quarter of a second apart`() throws {
        let agenda = AgendaUnderTest()
        let hook = (webhook: try webhook(), due: ContinuousClock.Instant?.none)
        _ = agenda.recorded(in: acme, at: at(0))
        #expect(agenda.look(at: 0, [hook]) == [acme])
        #expect(agenda.recorded(in: acme, at: at(100)))
        #expect(!agenda.recorded(in: acme, at: at(101)))
        #expect(agenda.nextLook == at(250))
        #expect(agenda.look(at: 249) == [])
        #expect(agenda.look(at: 250, [hook]) == [acme])
        #expect(agenda.recorded(in: acme, at: at(600)))
        #expect(agenda.nextLook == at(600))
    }

    @Test func `a send that is recorded during a look leads to another look`() throws {
        let agenda = AgendaUnderTest()
        _ = agenda.recorded(in: acme, at: at(0))
        #expect(agenda.beginLooks(at: at(0)) == [acme])
        #expect(!agenda.recorded(in: acme, at: at(10)))
        #expect(agenda.beginLooks(at: at(400)) == [])
        agenda.endLook(at: acme, now: at(400))
        #expect(agenda.nextLook == at(400))
    }

    @Test func `while all webhooks have a worker here, recorded sends need no look; its end leads to one`() throws {
        let agenda = AgendaUnderTest()
        _ = agenda.recorded(in: acme, at: at(0))
        let hook = try webhook()
        #expect(agenda.look(at: 0, [(hook, at(0))]) == [acme])
        #expect(agenda.waitingWebhooks == [hook])
        agenda.start([hook])
        #expect(agenda.waitingWebhooks == [])
        #expect(!agenda.recorded(in: acme, at: at(1000)))
        #expect(agenda.nextLook == nil)
        agenda.end(hook.key, at: at(2000))
        #expect(agenda.nextLook == at(2000))
        // A second webhook without a worker needs a look.
        let other = (webhook: try webhook("other"), due: ContinuousClock.Instant?.none)
        #expect(agenda.look(at: 2000, [(hook, at(2000)), other]) == [acme])
        agenda.start([hook])
        #expect(agenda.recorded(in: acme, at: at(3000)))
    }

    @Test func `a webhook that another server created is found within five seconds`() throws {
        let agenda = AgendaUnderTest()
        _ = agenda.recorded(in: acme, at: at(0))
        let hook = try webhook()
        #expect(agenda.look(at: 0, [(hook, at(0))]) == [acme])
        agenda.start([hook])
        #expect(!agenda.recorded(in: acme, at: at(4999)))
        #expect(agenda.recorded(in: acme, at: at(5000)))
    }

    @Test func `after a lease that failed, the next look comes five seconds later`() throws {
        let agenda = AgendaUnderTest()
        _ = agenda.recorded(in: acme, at: at(0))
        let hook = try webhook()
        #expect(agenda.look(at: 0, [(hook, at(0))]) == [acme])
        agenda.start([hook])
        agenda.failLease([hook], in: acme, at: at(100))
        #expect(agenda.nextLook == at(5100))
        #expect(agenda.look(at: 5100, [(hook, at(0))]) == [acme])
        #expect(agenda.waitingWebhooks == [hook])
    }

    @Test func `retries, holds and leases of other servers are looked at when they are over`() throws {
        let agenda = AgendaUnderTest()
        _ = agenda.changed(in: acme, at: at(0))
        #expect(agenda.look(at: 0, [(try webhook("a"), at(5000)), (try webhook("b"), at(3000))]) == [acme])
        #expect(agenda.waitingWebhooks == [])
        #expect(agenda.nextLook == at(3000))
        // A time that a wrong clock has stored does not stop the looks.
        let far = at(0) + .seconds(Int64.max / 2)
        #expect(agenda.look(at: 3000, [(try webhook("a"), far)]) == [acme])
        #expect(agenda.nextLook == at(3000) + .seconds(3600))
    }

    @Test func `what a worker of this server has leased is not waited for`() throws {
        let agenda = AgendaUnderTest()
        let hook = try webhook()
        agenda.start([hook])
        _ = agenda.changed(in: acme, at: at(0))
        #expect(agenda.look(at: 0, [(hook, at(20_000))]) == [acme])
        #expect(agenda.nextLook == nil && agenda.waitingWebhooks == [])
    }

    @Test func `failed looks are repeated, at most five seconds later, and a success ends that`() throws {
        let agenda = AgendaUnderTest()
        _ = agenda.recorded(in: acme, at: at(0))
        var (time, pauses): (Int, [Int]) = (0, [])
        for pause in [1, 2, 4, 5, 5] {
            #expect(agenda.beginLooks(at: at(time)) == [acme])
            agenda.failLook(at: acme, now: at(time))
            #expect(agenda.nextLook == at(time + pause * 1000))
            time += pause * 1000
            pauses.append(pause)
        }
        #expect(agenda.look(at: time) == [acme])
        #expect(agenda.nextLook == nil)
    }

    @Test func `a few looks run at a time, and others follow in their order`() {
        let agenda = AgendaUnderTest()
        let organisations = (1...20).map { OrganisationID($0) }
        for (index, organisation) in organisations.enumerated() { _ = agenda.recorded(in: organisation, at: at(index)) }
        let first = agenda.beginLooks(at: at(100))
        #expect(first == Array(organisations.prefix(AgendaState.maxLooks)))
        #expect(agenda.nextLook == nil && agenda.beginLooks(at: at(100)) == [])
        agenda.endLook(at: first[0], now: at(100))
        agenda.failLook(at: first[1], now: at(100))
        #expect(agenda.beginLooks(at: at(100)) == Array(organisations[AgendaState.maxLooks...].prefix(2)))
    }

    @Test func `the poll adds webhooks, and says whether it found something new`() throws {
        let agenda = AgendaUnderTest()
        let (hook, other) = (try webhook(), try webhook("other"))
        #expect(agenda.add([hook]))
        #expect(!agenda.add([hook]))
        #expect(agenda.add([hook, other]))
        #expect(Set(agenda.waitingWebhooks) == [hook, other])
        agenda.start([hook])
        #expect(!agenda.add([hook, other]))
        #expect(agenda.waitingWebhooks == [other])
    }

    @Test func `a full agenda forgets organisations with nothing to do, and no others`() throws {
        let agenda = AgendaUnderTest(capacity: 3)
        let (busy, later) = (OrganisationID(1), OrganisationID(2))
        agenda.start([try webhook(of: busy)])
        _ = agenda.recorded(in: later, at: at(0))
        #expect(agenda.look(at: 0, [(try webhook(of: later), at(90_000))]) == [later])
        for number in 3...9 as ClosedRange<Int64> {
            #expect(agenda.recorded(in: OrganisationID(number), at: at(Int(number))))
            #expect(agenda.look(at: Int(number)) == [OrganisationID(number)])
        }
        #expect(agenda.nextLook == at(90_000))
        #expect(agenda.recorded(in: OrganisationID(10), at: at(10)))
        // Three organisations have something to do: the poll of all organisations finds the others.
        #expect(!agenda.recorded(in: OrganisationID(11), at: at(11)))
        #expect(agenda.beginLooks(at: at(11)) == [OrganisationID(10)])
        // What the poll found is kept beyond the capacity.
        let found = try webhook(of: OrganisationID(12))
        #expect(agenda.add([found]))
        #expect(agenda.waitingWebhooks == [found])
    }
}
