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
    public init(
        id: CampaignID,
        name: CampaignName?,
        sends: Int,
        destinations: Int,
        first: Timestamp,
        last: Timestamp
    ) {
        self.id = id
        self.name = name
        self.sends = sends
        self.destinations = destinations
        self.first = first
        self.last = last
    }

    /// Appends the campaign as JSON.
    public func write(to bytes: inout [UInt8]) {
        bytes.append("{\"_id\":")
        bytes.appendJSON(id.text)
        bytes.append(",\"name\":")
        if let name { bytes.appendJSON(name.description) } else { bytes.append("null") }
        bytes.append(",\"sends\":")
        bytes.appendDecimal(sends)
        bytes.append(",\"destinations\":")
        bytes.appendDecimal(destinations)
        bytes.append(",\"firstSendAt\":\"")
        first.write(to: &bytes)
        bytes.append("\",\"lastSendAt\":\"")
        last.write(to: &bytes)
        bytes.append("\"}")
    }
}
