/// A send log as the store keeps it.
public struct StoredSendLog: Equatable, Sendable {
    /// The log's sequence number.
    public let sequence: SequenceNumber
    /// The JSON object up to and including `startDeliveryAt`; see ``PreparedSendLog/record``.
    public let record: [UInt8]
    /// The number of destinations.
    public let destinations: Int
    /// The SHA-256 of the record and the list's digest, 32 bytes; `nil` if it was not read.
    public let digest: [UInt8]?

    /// Creates a stored send log.
    public init(sequence: SequenceNumber, record: [UInt8], destinations: Int, digest: [UInt8]? = nil) {
        (self.sequence, self.record, self.destinations) = (sequence, record, destinations)
        self.digest = digest
    }
}

/// Stored send logs in the order of recording.
public struct SendLogBatch: Equatable, Sendable {
    /// The logs with their digests, by ascending sequence number.
    public let logs: [StoredSendLog]
    /// The sequence number up to which the batch has all logs: that of the last log, or the newest one if no log follows.
    public let end: SequenceNumber

    /// Creates a batch.
    ///
    /// - Parameters:
    ///   - logs: the logs
    ///   - limit: the largest number of logs that was asked for
    ///   - head: the newest sequence number when the logs were read
    public init(_ logs: [StoredSendLog], limit: Int, head: SequenceNumber) {
        self.logs = logs
        let last = logs.last?.sequence
        end = logs.count < limit ? max(head, last ?? head) : last ?? head
    }
}
