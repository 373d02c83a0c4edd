/// A question for campaigns, complete: every default is filled in.
public struct CampaignQuery: Equatable, Sendable {
    /// What the id or the name must hold, whatever the case of its letters A to Z; `nil` for all campaigns.
    public var text: String?
    /// What they are sorted by; ties go by the id, ascending.
    public var sort: Sort
    /// Whether the greatest comes first.
    public var isDescending: Bool
    /// How many to pass over.
    public var skip: Int
    /// How many to answer at most.
    public var limit: Int

    /// What campaigns can be sorted by, named as their JSON names it.
    public enum Sort: String, Sendable, CaseIterable {
        /// When the last send started being delivered.
        case last = "lastSendAt"
        /// When the first send started being delivered.
        case first = "firstSendAt"
        /// How many sends there are.
        case sends
        /// How many destinations those have.
        case destinations
        /// The name, or the id of those that have none, whatever the case of letters A to Z.
        case name
    }

    /// The most campaigns that one answer may hold.
    public static let mostLimit = 1000
    /// How many are answered where the question does not say.
    public static let defaultLimit = 100

    /// Makes a question; what is left out is the default.
    public init(
        text: String? = nil,
        sort: Sort = .last,
        isDescending: Bool = true,
        skip: Int = 0,
        limit: Int = defaultLimit
    ) {
        self.text = text
        self.sort = sort
        self.isDescending = isDescending
        self.skip = skip
        self.limit = limit
    }
}

/// A page of campaigns.
public struct CampaignPage: Equatable, Sendable {
    /// How many campaigns the question finds, whatever its skip and limit.
    public let total: Int
    /// The campaigns of the page, in its order.
    public let campaigns: [Campaign]

    /// Makes a page of its parts.
    public init(total: Int, campaigns: [Campaign]) {
        self.total = total
        self.campaigns = campaigns
    }
}

/// What counters tell of one day.
public struct DayTally: Equatable, Sendable {
    /// The day, in UTC.
    public let day: Day
    /// How many send logs started being delivered on it.
    public let sends: Int
    /// How many destinations those have.
    public let destinations: Int

    /// Makes a tally of its parts.
    public init(day: Day, sends: Int, destinations: Int) {
        self.day = day
        self.sends = sends
        self.destinations = destinations
    }

    /// The same day without a send.
    public var none: DayTally { DayTally(day: day, sends: 0, destinations: 0) }

    /// Adds what another tells of the same day.
    public static func += (left: inout DayTally, right: DayTally) {
        left = DayTally(
            day: left.day,
            sends: left.sends + right.sends,
            destinations: left.destinations + right.destinations
        )
    }
}
