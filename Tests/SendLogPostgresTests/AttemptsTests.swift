import Testing

@testable import SendLogPostgres

struct AttemptsTests {
    private let begin = ContinuousClock.now

    private func decisions(_ failures: [PostgresFailure], after seconds: Double = 0) -> [Attempts.Next] {
        var attempts = Attempts(begin: begin)
        return failures.map {
            attempts.next(after: $0, hasBegun: true, at: begin + .seconds(seconds), jitter: 0.5)
        }
    }

    @Test func `an error of a node is retried once, at once`() {
        let failure = PostgresFailure(state: "08006", message: "connection to the remote node failed")
        #expect(decisions([failure, failure]) == [.now, .never])
    }

    @Test func `a lost connection is retried at once, then after growing delays, four times in all`() {
        let lost = PostgresFailure(.connectionLost, "")
        let unreachable = PostgresFailure(.unreachable, "")
        #expect(
            decisions([lost, unreachable, unreachable, unreachable]) == [
                .now, .later(.milliseconds(140)), .later(.milliseconds(280)), .never,
            ]
        )
        #expect(decisions([unreachable]) == [.later(.milliseconds(70))])
        #expect(decisions([lost], after: 2) == [.never])
    }

    @Test func `a conflict between transactions is retried, a timeout or an error of a statement is not`() {
        for state in ["40001", "40P01", "26000"] {
            #expect(decisions([PostgresFailure(state: state, message: "")]) == [.now])
        }
        for state in ["57014", "55P03", "23505", "53100"] {
            #expect(decisions([PostgresFailure(state: state, message: "")]) == [.never])
        }
        for kind in [PostgresFailure.Kind.timedOut, .nodeUnavailable] {
            #expect(decisions([PostgresFailure(kind, "")]) == [.never])
        }
    }

    @Test func `an attempt whose work had begun has an unknown outcome`() {
        var attempts = Attempts(begin: begin)
        let lost = PostgresFailure(.connectionLost, "")
        _ = attempts.next(after: lost, hasBegun: false, at: begin, jitter: 0)
        #expect(!attempts.isOutcomeUnknown)
        _ = attempts.next(after: lost, hasBegun: true, at: begin, jitter: 0)
        #expect(attempts.isOutcomeUnknown)
    }
}
