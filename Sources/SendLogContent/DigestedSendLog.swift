public import SendLogCore

/// A log on its way into a store, with the digest by which a repetition of it will be known.
public struct DigestedSendLog: Sendable {
    /// The log.
    public let log: NewSendLog
    /// See ``ContentDigest``.
    public let digest: [UInt8]

    /// Computes the digest.
    public init(_ log: NewSendLog) {
        self.log = log
        digest = ContentDigest.of(record: log.record, list: log.destinations.digest)
    }

    /// Tells a repetition of a stored log from one that only has its id.
    ///
    /// - Parameters:
    ///   - stored: the log that has the id
    ///   - start: when its delivery started, which this one matches if its sender did not say
    ///   - storedDigest: its digest
    /// - Returns: that it exists, or that it is in conflict.
    public func outcome(
        against stored: StoredSendLog,
        startingAt start: Timestamp,
        digest storedDigest: [UInt8]
    ) -> Recording {
        let own =
            log.isStartGiven
            ? digest : ContentDigest.of(record: log.record(startingAt: start), list: log.destinations.digest)
        return own == storedDigest ? .existing(stored) : .conflict
    }
}
