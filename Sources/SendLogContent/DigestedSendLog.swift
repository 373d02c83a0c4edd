public import SendLogCore

/// A send log to be recorded, with the digest that identifies a repetition of it.
public struct DigestedSendLog: Sendable {
    /// The send log.
    public let log: NewSendLog
    /// The digest of the whole content; see ``ContentDigest``.
    public let digest: [UInt8]

    /// Computes the digest of a send log.
    public init(_ log: NewSendLog) {
        self.log = log
        digest = ContentDigest.of(record: log.record, list: log.destinations.digest)
    }

    /// Compares the send log with a stored one that has the same ID.
    ///
    /// - Parameters:
    ///   - stored: the stored send log
    ///   - start: its start of delivery, which also applies to this send log if the sender gave none
    ///   - storedDigest: its digest
    /// - Returns: `.existing` if the content is the same, otherwise `.conflict`.
    public func outcome(
        against stored: StoredSendLog,
        startingAt start: Timestamp,
        digest storedDigest: [UInt8]
    ) -> RecordingOutcome {
        let own =
            log.isStartGiven
            ? digest : ContentDigest.of(record: log.record(startingAt: start), list: log.destinations.digest)
        return own == storedDigest ? .existing(stored) : .conflict
    }
}
