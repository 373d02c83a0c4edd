public import SendLogCore

/// Compares a repeated send log with the stored one.
extension PreparedSendLog {
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
            isStartGiven ? digest : ContentDigest.of(record: record(startingAt: start), list: destinations.digest)
        if own == storedDigest { return .existing(stored) }
        return .conflict(fields: differences(from: stored, digest: storedDigest).map(\.rawValue))
    }

    /// Returns the fields whose content differs from a stored send log's; none if the stored record is malformed.
    private func differences(from stored: StoredSendLog, digest storedDigest: [UInt8]) -> [SendLogField] {
        stored.record.withUnsafeBufferPointer { storedRecord in
            record.withUnsafeBufferPointer { record in
                guard let own = RecordFields(record), let other = RecordFields(storedRecord) else { return [] }
                var fields: [SendLogField] = []
                if !own.campaignID.elementsEqual(other.campaignID) { fields.append(.campaignID) }
                if !own.message.elementsEqual(other.message) { fields.append(.message) }
                if !own.triggeredBy.elementsEqual(other.triggeredBy) { fields.append(.triggeredBy) }
                if isStartGiven, !own.startDeliveryAt.elementsEqual(other.startDeliveryAt) {
                    fields.append(.startDeliveryAt)
                }
                // Only the list of the stored log gives the stored digest, so the stored list need not be read.
                let isSameList = ContentDigest.of(record: stored.record, list: destinations.digest) == storedDigest
                if !isSameList { fields.append(.destinations) }
                return fields
            }
        }
    }
}
