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
        // Ids have no quotes and nothing that would be escaped.
        let parts = record.split(separator: UInt8(ascii: "\""), maxSplits: 8, omittingEmptySubsequences: false)
        guard parts.count == 9, parts[1].elementsEqual("_id".utf8), parts[5].elementsEqual("campaign_id".utf8),
            let id = SendLogID(String(decoding: parts[3], as: UTF8.self)),
            let campaign = CampaignID(String(decoding: parts[7], as: UTF8.self)),
            let start = Timestamp(rfc3339: String(decoding: record.suffix(25).dropLast(), as: UTF8.self))
        else { return nil }
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
