import TestSupport

/// Records one log after another during a test.
final class Recorder: Sendable {
    private let isOver: Flag
    private let work: Background<Int>

    /// Starts to record, and waits until the first log is recorded.
    ///
    /// - Parameters:
    ///   - tenant: the organisation
    ///   - log: returns a log for its number; numbers start at 0
    /// - Throws: if no log is recorded within a minute.
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
    /// - Returns: the number of recorded logs.
    /// - Throws: the failure of a log that was not recorded.
    func stop() throws -> Int {
        isOver.raise()
        return try work.value()
    }
}
