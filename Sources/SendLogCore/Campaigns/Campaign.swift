/// A campaign, with what its counters tell: it exists from its first send on.
public struct Campaign: Equatable, Sendable {
    /// Its `_id`, as senders give it.
    public let id: CampaignID
    /// What people call it, where somebody said so.
    public let name: CampaignName?
    /// How many send logs it has, at least one.
    public let sends: Int
    /// How many destinations those have in all.
    public let destinations: Int
    /// When its first send started being delivered.
    public let first: Timestamp
    /// When its last send started being delivered.
    public let last: Timestamp

    /// Makes a campaign of its parts.
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

/// The name of a campaign: 1 to 200 characters, without control characters and outer white space.
public struct CampaignName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// The longest name in characters (Unicode scalars).
    public static let longest = 200
    /// What a person is told whose name is refused.
    public static let rule = "must be 1 to 200 characters long, without control characters or white space at its ends"

    /// Takes a name.
    ///
    /// - Returns: `nil` where it breaks ``rule``.
    public init?(_ text: String) {
        guard text.isName(ofAtMost: Self.longest) else { return nil }
        description = text
    }
}

extension String {
    /// Whether people can read it as a name: no control characters, no white space at its ends.
    func isName(ofAtMost longest: Int) -> Bool {
        let scalars = unicodeScalars
        guard (1...longest).contains(scalars.count), let first = scalars.first, let last = scalars.last else {
            return false
        }
        return !first.properties.isWhitespace && !last.properties.isWhitespace
            && !scalars.contains { $0.properties.generalCategory == .control }
    }
}
