/// A campaign with its counters, which exists from its first send log on.
public struct Campaign: Equatable, Sendable {
    /// The `_id` that senders give.
    public let id: CampaignID
    /// The name; `nil` for a campaign without one.
    public let name: CampaignName?
    /// The number of send logs, at least one.
    public let sends: Int
    /// The number of destinations of all send logs.
    public let destinations: Int
    /// The earliest `startDeliveryAt` of its send logs.
    public let first: Timestamp
    /// The latest `startDeliveryAt` of its send logs.
    public let last: Timestamp

    /// Creates a campaign from its parts.
    public init(id: CampaignID, name: CampaignName?, sends: Int, destinations: Int, first: Timestamp, last: Timestamp) {
        (self.id, self.name, self.sends) = (id, name, sends)
        (self.destinations, self.first, self.last) = (destinations, first, last)
    }
}

extension Campaign: JSONWritable {
    package func writeJSON(to bytes: inout [UInt8]) {
        bytes.append("{")
        bytes.appendMember("_id", id.text)
        bytes.appendMember("name", name?.description)
        bytes.appendMember("sends", sends)
        bytes.appendMember("destinations", destinations)
        bytes.appendMember("firstSendAt", first)
        bytes.appendMember("lastSendAt", last)
        bytes.append("}")
    }
}
