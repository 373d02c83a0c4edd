/// A query for campaigns, with every default filled in.
public struct CampaignQuery: Equatable, Sendable {
    /// The text that the ID or the name contains, compared as ``FoldedText``; `nil` for all campaigns.
    public var text: String?
    /// Whether the ID or the name must be ``text``, and not only contain it.
    public var isWhole = false
    /// The range of `startDeliveryAt` whose send logs count, both ends inclusive; `nil` for all send logs.
    ///
    /// A campaign without send logs in it does not match. The counts, the first and the last send are those in it.
    public var period: ClosedRange<Timestamp>?
    /// Whether to sum the send logs of all campaigns that match, on all pages; see ``CampaignTotals``.
    public var isSummed = false
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
        period: ClosedRange<Timestamp>? = nil,
        sort: Sort = .last,
        isDescending: Bool = true,
        skip: Int = 0,
        limit: Int = defaultLimit
    ) {
        (self.text, self.period) = (text, period)
        (self.sort, self.isDescending) = (sort, isDescending)
        (self.skip, self.limit) = (skip, limit)
    }

    /// What to look for in IDs and names; `nil` for all campaigns.
    public var term: CampaignSearchTerm? { text.map { CampaignSearchTerm($0, isWhole: isWhole) } }
}

/// The number of campaigns that match a query, without its skip and limit, and the sums of their send logs.
public struct CampaignTotals: Equatable, Sendable {
    /// The number of campaigns.
    public var campaigns: Int
    /// Their send logs in the query's period; `nil` if the query does not ask for sums (``CampaignQuery/isSummed``).
    public var sums: SendTotals?

    /// Creates totals, by default of no campaigns.
    public init(campaigns: Int = 0, sums: SendTotals? = nil) {
        (self.campaigns, self.sums) = (campaigns, sums)
    }

    /// The totals of a query that no campaign matches.
    public static func none(of query: CampaignQuery) -> CampaignTotals {
        CampaignTotals(sums: query.isSummed ? SendTotals() : nil)
    }
}

/// A page of campaigns.
public struct CampaignPage: Equatable, Sendable {
    /// The number of campaigns that match the query, without its skip and limit, and their sums.
    public let totals: CampaignTotals
    /// The campaigns of the page, in the query's order.
    public let campaigns: [Campaign]

    /// The number of campaigns that match the query, without its skip and limit.
    public var total: Int { totals.campaigns }

    /// Creates a page.
    public init(totals: CampaignTotals, campaigns: [Campaign]) {
        (self.totals, self.campaigns) = (totals, campaigns)
    }
}
