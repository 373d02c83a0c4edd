/// A valid send log on its way into the store, rendered once for all the answers that will ever be given of it.
public struct NewSendLog: Sendable {
    /// Its `_id`, given or made.
    public let id: SendLogID
    /// The campaign that triggered the send.
    public let campaignID: CampaignID
    /// When delivery started.
    public let start: Timestamp
    /// Whether the sender said when delivery started; if not, a repetition matches whatever was recorded the first time.
    public let isStartGiven: Bool
    /// The JSON object up to and including `startDeliveryAt`: all fields but `destinations`, and no closing brace.
    public let record: [UInt8]
    /// Whom it was sent to.
    public let destinations: DestinationList

    /// Renders a send log whose parts are valid.
    ///
    /// - Parameters:
    ///   - id: its `_id`, given or made
    ///   - campaignID: the campaign that triggered the send
    ///   - message: the template as sent, in UTF-8
    ///   - triggeredBy: why it was sent, in UTF-8
    ///   - start: when delivery started; `nil` where the sender did not say, then `now` is taken
    ///   - now: the time
    ///   - destinations: whom it was sent to
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

    /// Takes a send log as a store keeps it.
    ///
    /// - Parameters:
    ///   - record: see ``record``
    ///   - destinations: whom it was sent to
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

    /// What it weighs in bytes while it waits to be recorded.
    public var weight: Int { record.count + destinations.weight }

    /// The record as it reads if delivery started at another moment.
    public func record(startingAt other: Timestamp) -> [UInt8] {
        // The date-time, 24 bytes long, and its quote are the record's end.
        var changed = Array(record.dropLast(25))
        changed.reserveCapacity(record.count)
        other.write(to: &changed)
        changed.append(UInt8(ascii: "\""))
        return changed
    }
}
