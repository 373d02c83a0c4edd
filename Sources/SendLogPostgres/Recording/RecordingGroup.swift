import SendLogContent
import SendLogCore

/// Records the logs of several requests together; a request completes only after its logs are durable.
enum RecordingGroup {
    /// The size at which a group is complete; the weight is in bytes.
    static let maxGroupSize = (requests: 5000, weight: 4 << 20)

    /// Returns whether a list is spooled on disk: such a request takes long, and its disk may fail.
    static func needsOwnGroup(_ logs: [DigestedSendLog]) -> Bool { logs.contains(where: \.log.destinations.isSpooled) }

    /// Records the logs of several requests of one organisation.
    ///
    /// - Returns: the outcomes of each request's logs.
    static func commit(
        _ group: [[DigestedSendLog]],
        in organisation: OrganisationID,
        on thread: PoolThread,
        within statementTimeout: Duration,
        heads: KnownHeads
    ) -> Result<[[RecordingOutcome]], StoreError> {
        let logs = group.flatMap(\.self)
        let outcomes = thread.perform(within: statementTimeout) { connection in
            try RecordingCall(organisation: organisation, connection: connection, heads: heads).record(logs)
        }
        return outcomes.map { outcomes in
            var begin = 0
            return group.map { logs in
                defer { begin += logs.count }
                return Array(outcomes[begin..<begin + logs.count])
            }
        }
    }
}
