/// A valid send log, ready to be recorded: rendered for all later responses, with its chunks and its digest.
public struct PreparedSendLog: Sendable {
    /// The `_id`, given by the sender or generated.
    public let id: SendLogID
    /// The campaign that triggered the send.
    public let campaignID: CampaignID
    /// The time at which delivery started.
    public let start: Timestamp
    /// Whether the sender gave the start; if not, it does not count when a repeated log is compared with this one.
    public let isStartGiven: Bool
    /// The JSON object up to and including `startDeliveryAt`: all fields but `destinations`, and no closing brace.
    public let record: [UInt8]
    /// The destinations of the send.
    public let destinations: DestinationList
    /// The digest of the whole content, 32 bytes: it identifies a repetition.
    public let digest: [UInt8]

    /// Creates a send log from its parts, which the caller has validated and rendered.
    package init(
        id: SendLogID,
        campaignID: CampaignID,
        start: Timestamp,
        isStartGiven: Bool,
        record: [UInt8],
        destinations: DestinationList,
        digest: [UInt8]
    ) {
        (self.id, self.campaignID, self.start, self.isStartGiven) = (id, campaignID, start, isStartGiven)
        (self.record, self.destinations, self.digest) = (record, destinations, digest)
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
