import SendLogCore
import SendLogScheduling
import Testing

/// The decisions of a group commit: admission, groups, refusals.
struct GroupCommitTests {
    private typealias State = GroupCommit<String>
    private let one = OrganisationID(1)
    private let two = OrganisationID(2)
    private let start = ContinuousClock.now

    private func state(_ scope: State.Scope, items: Int = 3, weight: Int = 100, waiting: Int = 1000) -> State {
        State(.init(maxGroup: (items, weight), maxWaitingWeight: waiting, waitTimeout: .seconds(5)), scope: scope)
    }

    private func submit(
        _ state: inout State,
        _ name: String,
        _ organisation: OrganisationID,
        weight: Int = 1,
        needsOwnGroup: Bool = false,
        after delay: Duration = .zero
    ) -> State.Admission {
        let cost = State.Cost(items: 1, weight: weight, needsOwnGroup: needsOwnGroup)
        return state.submit(name, cost, for: organisation, at: start + delay)
    }

    @Test func `only the first request starts the processing, until no request waits`() {
        var state = state(.all)
        #expect(submit(&state, "a", one) == .accepted(starts: true))
        #expect(submit(&state, "b", two) == .accepted(starts: false))
        #expect(state.nextGroup(for: .server, at: start).group == ["a", "b"])
        #expect(submit(&state, "c", one) == .accepted(starts: false))
        #expect(state.endGroup(for: .server, hasFailed: false).hasMore)
        #expect(state.nextGroup(for: .server, at: start).group == ["c"])
        #expect(!state.endGroup(for: .server, hasFailed: false).hasMore)
        #expect(submit(&state, "d", one) == .accepted(starts: true))
    }

    @Test func `organisations have groups of their own, or take turns in one`() {
        var apart = state(.organisation)
        for name in ["a", "b"] { _ = submit(&apart, name, one) }
        #expect(submit(&apart, "c", two) == .accepted(starts: true))
        #expect(apart.nextGroup(for: two, at: start).group == ["c"])
        #expect(apart.nextGroup(for: one, at: start).group == ["a", "b"])
        #expect(!apart.endGroup(for: two, hasFailed: false).hasMore)
        var together = state(.all)
        for name in ["a", "b", "c", "d"] { _ = submit(&together, name, one) }
        _ = submit(&together, "x", two)
        #expect(together.nextGroup(for: .server, at: start).group == ["a", "x", "b"])
        #expect(together.nextGroup(for: .server, at: start).group == ["c", "d"])
    }

    @Test func `a group ends at its limits, and a request that needs its own group gets one`() {
        var state = state(.all)
        for (name, weight) in [("a", 60), ("b", 60), ("c", 1)] { _ = submit(&state, name, one, weight: weight) }
        _ = submit(&state, "alone", one, needsOwnGroup: true)
        _ = submit(&state, "d", one)
        var groups: [[String]] = []
        repeat {
            groups.append(state.nextGroup(for: .server, at: start).group)
        } while state
            .endGroup(for: .server, hasFailed: false).hasMore
        #expect(groups == [["a", "b"], ["c"], ["alone"], ["d"]])
    }

    @Test func `requests are refused if too much waits, and accepted again when it is taken`() {
        var state = state(.organisation, waiting: 4)
        // Half of the capacity is left to another organisation.
        #expect(submit(&state, "a", one, weight: 2) == .accepted(starts: true))
        #expect(submit(&state, "b", one) == .refused(.overloaded))
        #expect(submit(&state, "c", two) == .accepted(starts: true))
        _ = state.nextGroup(for: one, at: start)
        #expect(submit(&state, "d", one) == .accepted(starts: false))
    }

    @Test func `a request that waited too long is refused, those behind it are not`() {
        var state = state(.organisation)
        _ = submit(&state, "early", one)
        _ = submit(&state, "late", one, after: .seconds(3))
        let (group, late) = state.nextGroup(for: one, at: start + .seconds(6))
        #expect(late == ["early"])
        #expect(group == ["late"])
    }

    @Test func `after a failure during shutdown the waiting requests are refused, and new ones always`() {
        var state = state(.all)
        for name in ["a", "b", "c", "d"] { _ = submit(&state, name, one) }
        #expect(state.nextGroup(for: .server, at: start).group.count == 3)
        // A failure alone refuses nothing.
        #expect(state.endGroup(for: .server, hasFailed: true).refused == [])
        state.close()
        #expect(submit(&state, "e", one) == .refused(.closed))
        #expect(state.nextGroup(for: .server, at: start).group == ["d"])
        #expect(state.endGroup(for: .server, hasFailed: false).refused == [])
        var failing = self.state(.all)
        for name in ["a", "b", "c", "d"] { _ = submit(&failing, name, one) }
        failing.close()
        _ = failing.nextGroup(for: .server, at: start)
        let end = failing.endGroup(for: .server, hasFailed: true)
        #expect(end.refused == ["d"])
        #expect(!end.hasMore)
    }

    @Test func `a group is gathered only if the last one was larger`() {
        var state = state(.all, items: 100)
        for number in 0..<16 { _ = submit(&state, "\(number)", one) }
        #expect(!state.isGathering(for: .server))
        _ = state.nextGroup(for: .server, at: start)
        #expect(state.isGathering(for: .server))
        for number in 0..<14 { _ = submit(&state, "\(number)", one) }
        #expect(!state.isGathering(for: .server))
    }
}
