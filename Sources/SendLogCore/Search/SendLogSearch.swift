/// A search for send logs, understood and complete: every default is filled in.
public struct SendLogSearch: Equatable, Sendable {
    /// The campaigns whose logs are wanted, none twice, in the order asked for; `nil` for all, empty for none.
    public var campaigns: [CampaignID]?
    /// The first moment of delivery that is wanted.
    public var from: Timestamp?
    /// The last moment of delivery that is wanted.
    public var to: Timestamp?
    /// How many logs to pass over.
    public var skip: Int
    /// How many logs to answer at most.
    public var limit: Int
    /// Which end of time comes first.
    public var order: SortOrder
    /// Nothing recorded after this is seen; `nil` for all that is recorded so far.
    public var asOf: SequenceNumber?
    /// Whether the rows are answered one by one with their lists, for which they are read in smaller blocks.
    package var isStreamed = false

    /// The most campaigns that one search may name.
    public static let mostCampaigns = 1000
    /// The most logs that one answer may hold.
    public static let mostLimit = 10_000
    /// How many logs are answered where the search does not say.
    public static let defaultLimit = 1000

    /// Makes a search; what is left out is the default.
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

/// The order of an answer by `startDeliveryAt`; ties are broken by the order of recording, in the same direction.
public enum SortOrder: Int, Sendable, CaseIterable {
    /// `{"startDeliveryAt": -1}`
    case newestFirst = -1
    /// `{"startDeliveryAt": 1}`
    case oldestFirst = 1

    /// The same from the other end.
    public var reversed: SortOrder { self == .newestFirst ? .oldestFirst : .newestFirst }
}

/// A log's place in the order of recording of its organisation: 1, 2, 3 and so on, without gaps.
public struct SequenceNumber: Hashable, Comparable, Sendable {
    /// The place; 0 stands before the first log.
    public let number: Int64

    /// Takes a place in the order.
    public init(_ number: Int64) {
        self.number = number
    }

    /// How many places another one is behind this one; negative for one before it, and no more than `Int64` holds.
    public func distance(to other: SequenceNumber) -> Int64 {
        let (distance, isTooLarge) = other.number.subtractingReportingOverflow(number)
        return isTooLarge ? (other.number > number ? .max : .min) : distance
    }

    /// The earlier recorded comes first.
    public static func < (left: SequenceNumber, right: SequenceNumber) -> Bool {
        left.number < right.number
    }
}

/// How destinations are answered.
public enum DestinationForm: String, CaseIterable, Sendable {
    /// Their number.
    case count
    /// The array of them.
    case list
}
