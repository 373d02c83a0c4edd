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

/// The name of a campaign: 1 to 200 characters, without control characters or leading or trailing white space.
public struct CampaignName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// The maximum length in characters (Unicode scalars).
    public static let maxLength = 200
    /// The error message for an invalid name.
    public static let rule = "must be 1 to 200 characters long, without control characters or white space at its ends"

    /// Creates a name.
    ///
    /// - Returns: `nil` if the text breaks ``rule``.
    public init?(_ text: String) {
        guard text.isName(maxLength: Self.maxLength) else { return nil }
        description = text
    }
}

extension String {
    /// Returns whether the string is valid as a name: not empty, not too long, no control characters, no white space at
    /// either end.
    func isName(maxLength: Int) -> Bool {
        let scalars = unicodeScalars
        guard (1...maxLength).contains(scalars.count), let first = scalars.first, let last = scalars.last else {
            return false
        }
        return !first.properties.isWhitespace && !last.properties.isWhitespace
            && !scalars.contains { $0.properties.generalCategory == .control }
    }
}
