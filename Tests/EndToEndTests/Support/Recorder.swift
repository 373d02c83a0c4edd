import TestSupport

/// Records one log after the other beside a test.
final class Recorder: Sendable {
    private let isOver: Flag
    private let work: Background<Int>

    /// Starts, and waits until the first log is recorded.
    ///
    /// - Parameters:
    ///   - tenant: for whom
    ///   - log: makes each log from its number, from 0
    /// - Throws: where nothing is recorded.
    init(in tenant: Tenant, _ log: @escaping @Sendable (Int) -> SampleLog) throws {
        let before = try tenant.total()
        let isOver = Flag()
        let work = Background {
            var number = 0
            while !isOver.isRaised {
                try tenant.record(log(number))
                number += 1
            }
            return number
        }
        (self.isOver, self.work) = (isOver, work)
        let isRecording = try Deadline.poll(for: 60) { try work.isOver || tenant.total() > before }
        guard isRecording else { throw TestFailure("nothing was recorded within a minute") }
    }

    deinit {
        isOver.raise()
    }

    /// Stops, and waits for the last log.
    ///
    /// - Returns: how many were recorded.
    /// - Throws: why one was not.
    func stop() throws -> Int {
        isOver.raise()
        return try work.value()
    }
}
