public import SendLogCore

/// Prepares parsed and copied send logs for recording.
extension PreparedSendLog {
    /// Renders the record of a parsed send log, and computes its digest.
    ///
    /// - Parameters:
    ///   - parsed: the fields of the send log
    ///   - id: the `_id`, of the sender or generated
    ///   - now: the current time, which is the start if the sender gave none
    ///   - destinations: the destinations
    public init(_ parsed: ParsedSendLog, id: SendLogID, now: Timestamp, destinations: DestinationList) {
        let start = parsed.start ?? now
        let record = parsed.record(id: id, start: start)
        self.init(
            id: id,
            campaignID: parsed.campaignID,
            start: start,
            isStartGiven: parsed.start != nil,
            record: record,
            destinations: destinations,
            digest: ContentDigest.of(record: record, list: destinations.digest)
        )
    }

    /// Prepares a stored send log to be recorded in another database; `nil` if the record is malformed.
    ///
    /// - Parameters:
    ///   - record: see ``record``
    ///   - destinations: the destinations
    public init?(stored record: [UInt8], destinations: DestinationList) {
        let parts = record.withUnsafeBufferPointer { record in
            RecordFields(record).map { fields in
                (
                    SendLogID(utf8: fields.id), CampaignID(utf8: fields.campaignID),
                    Timestamp(rfc3339: fields.startDeliveryAt)
                )
            }
        }
        guard case (let id?, let campaign?, let start?)? = parts else { return nil }
        self.init(
            id: id,
            campaignID: campaign,
            start: start,
            isStartGiven: true,
            record: record,
            destinations: destinations,
            digest: ContentDigest.of(record: record, list: destinations.digest)
        )
    }
}

extension ParsedSendLog {
    /// Renders the JSON object up to and including `startDeliveryAt`; see ``PreparedSendLog/record``.
    fileprivate func record(id: SendLogID, start: Timestamp) -> [UInt8] {
        var record: [UInt8] = []
        record.reserveCapacity(message.count + 192)
        record.append("{\"_id\":\"")
        record.append(contentsOf: id.text.utf8)
        record.append("\",\"campaign_id\":\"")
        record.append(contentsOf: campaignID.text.utf8)
        record.append("\",\"message\":")
        message.withUnsafeBufferPointer { record.appendJSON(utf8: $0) }
        record.append(",\"triggeredBy\":")
        triggeredBy.withUnsafeBufferPointer { record.appendJSON(utf8: $0) }
        record.append(",\"startDeliveryAt\":\"")
        start.write(to: &record)
        record.append("\"")
        return record
    }
}
