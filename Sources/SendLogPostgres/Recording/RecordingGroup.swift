import SendLogContent
import SendLogCore

/// Records the logs of several requests together; a request completes only after its logs are durable.
enum RecordingGroup {
    /// The size at which a group is complete, in send logs and in bytes.
    static let maxGroup = (items: 5000, weight: 4 << 20)

    /// Returns the size of a request.
    ///
    /// A request with a list that is spooled on disk needs its own group: it takes long, and the disk may fail.
    static func cost(_ logs: [PreparedSendLog]) -> (items: Int, weight: Int, needsOwnGroup: Bool) {
        (logs.count, logs.reduce(0) { $0 + $1.weight }, logs.contains(where: \.destinations.isSpooled))
    }

    /// Attempts to record the logs of several requests of one organisation.
    ///
    /// - Returns: the outcomes of each request's logs.
    static func commit(
        _ group: [[PreparedSendLog]],
        in organisation: OrganisationID,
        on thread: PoolThread,
        _ attempts: inout Attempts,
        within statementTimeout: Duration,
        heads: LastRecordedSequences,
        lockTimeout: Int
    ) -> PoolThread.Outcome<[[RecordingOutcome]]> {
        let logs = group.flatMap(\.self)
        return thread.attempt(for: organisation, &attempts, within: statementTimeout) { connection in
            let call = RecordingCall(
                organisation: organisation,
                connection: connection,
                heads: heads,
                lockTimeout: lockTimeout
            )
            let outcomes = try call.record(logs)
            var begin = 0
            return group.map { logs in
                defer { begin += logs.count }
                return Array(outcomes[begin..<begin + logs.count])
            }
        }
    }
}
