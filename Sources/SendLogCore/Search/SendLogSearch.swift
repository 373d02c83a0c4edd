/// A parsed search for send logs, with every default filled in.
public struct SendLogSearch: Equatable, Sendable {
    /// The campaigns to filter by, without duplicates, in the order given; `nil` for all campaigns, empty for none.
    public var campaigns: [CampaignID]?
    /// The recipients to filter by, in the order given; `nil` for all, empty for none.
    public var recipients: [RecipientQuery]?
    /// The sequence numbers to which a store limits the search, ascending: the send logs of ``recipients``; `nil` for no
    /// limit.
    public var found: [Int64]?
    /// The earliest `startDeliveryAt`, inclusive.
    public var from: Timestamp?
    /// The latest `startDeliveryAt`, inclusive.
    public var to: Timestamp?
    /// The number of logs to skip.
    public var skip: Int
    /// The largest number of logs to return.
    public var limit: Int
    /// The sort order.
    public var order: SortOrder
    /// The snapshot: the newest sequence number that the search sees; `nil` for all logs recorded so far.
    public var asOf: SequenceNumber?
    /// Whether the response streams the rows with their destination lists, for which they are read in smaller blocks.
    package var isStreamed = false

    /// The largest number of campaigns in one search.
    public static let maxCampaigns = 1000
    /// The largest number of recipients in one search.
    public static let maxRecipients = 100
    /// The largest number of logs in one response.
    public static let maxLimit = 10_000
    /// The limit of a search that gives none.
    public static let defaultLimit = 1000

    /// Creates a search; omitted arguments have their defaults.
    public init(
        campaigns: [CampaignID]? = nil,
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        skip: Int = 0,
        limit: Int = defaultLimit,
        order: SortOrder = .newestFirst,
        asOf: SequenceNumber? = nil
    ) {
        self.campaigns = campaigns
        self.from = from
        self.to = to
        self.skip = skip
        self.limit = limit
        self.order = order
        self.asOf = asOf
    }
}

/// The sort order by `startDeliveryAt`; logs with equal times are sorted by sequence number, in the same direction.
public enum SortOrder: Int, Sendable, CaseIterable {
    /// `{"startDeliveryAt": -1}`
    case newestFirst = -1
    /// `{"startDeliveryAt": 1}`
    case oldestFirst = 1

    /// The opposite order.
    public var reversed: SortOrder { self == .newestFirst ? .oldestFirst : .newestFirst }
}
