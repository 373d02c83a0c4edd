/// A valid send log to be recorded, rendered once for all later responses.
public struct NewSendLog: Sendable {
    /// The `_id`, given by the sender or generated.
    public let id: SendLogID
    /// The campaign that triggered the send.
    public let campaignID: CampaignID
    /// The time at which delivery started.
    public let start: Timestamp
    /// Whether the sender gave the start of delivery.
    ///
    /// If not, the start does not count when a repeated log is compared with the recorded one.
    public let isStartGiven: Bool
    /// The JSON object up to and including `startDeliveryAt`: all fields but `destinations`, and no closing brace.
    public let record: [UInt8]
    /// The destinations of the send.
    public let destinations: DestinationList

    /// Creates a send log from valid parts, and renders its record.
    ///
    /// - Parameters:
    ///   - id: the `_id`, given by the sender or generated
    ///   - campaignID: the campaign that triggered the send
    ///   - message: the template as sent, in UTF-8
    ///   - triggeredBy: the reason for the send, in UTF-8
    ///   - start: the time at which delivery started; `nil` for `now`
    ///   - now: the current time
    ///   - destinations: the destinations of the send
    public init(
        id: SendLogID,
        campaignID: CampaignID,
        message: [UInt8],
        triggeredBy: [UInt8],
        start: Timestamp?,
        now: Timestamp,
        destinations: DestinationList
    ) {
        self.id = id
        self.campaignID = campaignID
        self.start = start ?? now
        isStartGiven = start != nil
        self.destinations = destinations
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
        self.start.write(to: &record)
        record.append(UInt8(ascii: "\""))
        self.record = record
    }

    /// Creates a send log from a stored record; `nil` if the record is malformed.
    ///
    /// - Parameters:
    ///   - record: the record; see ``record``
    ///   - destinations: the destinations of the send
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
        self.id = id
        campaignID = campaign
        self.start = start
        isStartGiven = true
        self.record = record
        self.destinations = destinations
    }

    /// The cost of the log while it waits to be recorded, in bytes.
    public var weight: Int { record.count + destinations.weight }

    /// Returns the record with another start of delivery.
    public func record(startingAt other: Timestamp) -> [UInt8] {
        // The record ends with the date-time, 24 bytes long, and a quote.
        var changed = Array(record.dropLast(25))
        changed.reserveCapacity(record.count)
        other.write(to: &changed)
        changed.append(UInt8(ascii: "\""))
        return changed
    }
}
