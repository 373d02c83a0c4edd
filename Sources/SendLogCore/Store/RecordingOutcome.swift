/// The outcome of recording one send log.
public enum RecordingOutcome: Equatable, Sendable {
    /// The log is recorded.
    case recorded(StoredSendLog)
    /// The same log with the same content was recorded before.
    case existing(StoredSendLog)
    /// A log with the same ID and other content exists; nothing was written.
    case conflict
}
