/// An organisation's newest sequence number at a time.
///
/// Send logs have no stored time of recording. About once a minute, the server stores a sample for each organisation
/// that has recorded something since its last one, so that a range of times can be turned into sequence numbers.
public struct RecordingTime: Equatable, Sendable {
    /// The newest sequence number at the time; samples are in its order, and no two have the same.
    public let sequence: SequenceNumber
    /// The time.
    public let at: Timestamp

    /// The time in milliseconds within which no two samples of an organisation are taken, also by several servers.
    public static let interval: Int64 = 50_000
    /// The maximum difference between the time of a sample and the times of recording around it, in milliseconds: the
    /// clocks of servers differ.
    public static let tolerance: Int64 = 10_000

    /// Creates a sample.
    public init(sequence: SequenceNumber, at: Timestamp) {
        (self.sequence, self.at) = (sequence, at)
    }

    /// Creates a sample from stored numbers.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    public init(storedSequence sequence: Int64, at: Int64) throws(StoreError) {
        guard let time = Timestamp(milliseconds: at) else {
            throw .corrupted(detail: "a time of recording is out of range")
        }
        self.init(sequence: try StoredNumber.sequence(sequence), at: time)
    }
}
