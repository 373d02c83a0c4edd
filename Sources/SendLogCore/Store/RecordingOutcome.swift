/// The outcome of recording one send log.
public enum RecordingOutcome: Equatable, Sendable {
    /// The log is recorded.
    case recorded(StoredSendLog)
    /// The same log with the same content was recorded before.
    case existing(StoredSendLog)
    /// A log with the same ID and other content exists; nothing was written.
    ///
    /// `fields` has the names of the fields that differ, in the order of a send log; none if the stored log is damaged.
    case conflict(fields: [String])

    /// Returns the error message for a conflict: the names of the fields that differ, and none of their content.
    public static func message(forConflictIn fields: [String]) -> String {
        let difference = fields.isEmpty ? "with other content" : "that differs in \(fields.joined(separator: ", "))"
        return "_id is taken by a send log \(difference)"
    }
}
