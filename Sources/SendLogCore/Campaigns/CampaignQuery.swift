/// A query for campaigns, with every default filled in.
public struct CampaignQuery: Equatable, Sendable {
    /// The text that the ID or the name contains, in any case of the letters A to Z; `nil` for all campaigns.
    public var text: String?
    /// The field to sort by; ties are sorted by ID, ascending.
    public var sort: Sort
    /// Whether the order is descending.
    public var isDescending: Bool
    /// The number of campaigns to skip.
    public var skip: Int
    /// The largest number of campaigns to return; ``noLimit`` for all.
    public var limit: Int

    /// The sort fields, with their names in JSON.
    public enum Sort: String, Sendable, CaseIterable {
        /// The latest `startDeliveryAt`.
        case last = "lastSendAt"
        /// The earliest `startDeliveryAt`.
        case first = "firstSendAt"
        /// The number of send logs.
        case sends
        /// The number of destinations of these send logs.
        case destinations
        /// The name, or the ID of a campaign without a name; the case of the letters A to Z is ignored.
        case name
    }

    /// The largest number of campaigns in one response.
    public static let maxLimit = SendLogSearch.maxLimit
    /// The limit of a query that gives none.
    public static let defaultLimit = 1000
    /// The limit of a query for all campaigns, which are streamed: more than there can be.
    package static let noLimit = 1 << 53

    /// Creates a query; omitted arguments have their defaults.
    public init(
        text: String? = nil,
        sort: Sort = .last,
        isDescending: Bool = true,
        skip: Int = 0,
        limit: Int = defaultLimit
    ) {
        (self.text, self.sort, self.isDescending) = (text, sort, isDescending)
        (self.skip, self.limit) = (skip, limit)
    }
}

/// A page of campaigns.
public struct CampaignPage: Equatable, Sendable {
    /// The number of campaigns that match the query, without its skip and limit.
    public let total: Int
    /// The campaigns of the page, in the query's order.
    public let campaigns: [Campaign]

    /// Creates a page.
    public init(total: Int, campaigns: [Campaign]) {
        (self.total, self.campaigns) = (total, campaigns)
    }
}
