import SendLogContent
import SendLogCore

/// Commits in groups: nobody is answered before their logs are durable.
enum RecordingGroup {
    /// When a transaction is big enough; the weight is in bytes.
    static let full = (requests: 5000, weight: 4 << 20)

    /// Whether logs wait on a disk: they take long, and may be what fails.
    static func isAlone(_ logs: [DigestedSendLog]) -> Bool { logs.contains(where: \.log.destinations.isSpooled) }

    /// Records the logs of several requests of one organisation.
    ///
    /// - Returns: what became of the logs of each request.
    static func commit(
        _ group: [[DigestedSendLog]],
        in organisation: OrganisationID,
        on thread: PoolThread,
        within limit: Duration,
        heads: KnownHeads
    ) -> Result<[[Recording]], StoreError> {
        let logs = group.flatMap(\.self)
        let outcomes = thread.perform(within: limit) { connection in
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
