package import SendLogCore

/// A writer of send logs that notifies services in the background of what was recorded.
package struct NotifyingLogWriter: LogWriter {
    private let writer: any LogWriter
    private let recorded: @Sendable (OrganisationID) -> Void

    /// Creates a writer.
    ///
    /// - Parameters:
    ///   - writer: records the send logs
    ///   - recorded: is called with the organisation after send logs were recorded
    package init(_ writer: any LogWriter, recorded: @escaping @Sendable (OrganisationID) -> Void) {
        (self.writer, self.recorded) = (writer, recorded)
    }

    /// See ``LogWriter/record(_:in:)``.
    package func record(
        _ logs: [PreparedSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecordingOutcome] {
        let outcomes = try await writer.record(logs, in: organisation)
        recorded(organisation)
        return outcomes
    }
}
