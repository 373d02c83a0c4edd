/// The changes of the counters by day and block that a transaction makes.
public struct CounterChanges<Campaign: Hashable & Sendable>: Sendable {
    /// The key of a counter.
    public struct Key: Hashable, Sendable {
        /// The organisation.
        public let organisation: OrganisationID
        /// The campaign; `nil` for the counter of the organisation.
        public let campaign: Campaign?
        /// The day, as days since 1970.
        public let day: Int
        /// The block of sequence numbers; see ``CounterBlock``.
        public let block: Int64
    }

    /// A number of logs and of their destinations; negative for deleted logs.
    public struct Count: Sendable {
        /// The number of logs.
        public private(set) var sends = 0
        /// The number of destinations.
        public private(set) var destinations = 0

        /// Creates a count of zero.
        public init() {}

        /// Adds a log that is recorded, or subtracts one that is deleted.
        public mutating func add(_ change: LogChange<Campaign>) {
            let sign = change.recorded == nil ? -1 : 1
            sends += sign
            destinations += sign * change.destinations
        }
    }

    /// The changes of the organisations' counters.
    public private(set) var ofOrganisations: [Key: Count] = [:]
    /// The changes of the campaigns' counters.
    public private(set) var ofCampaigns: [Key: Count] = [:]

    /// Creates an empty set of changes.
    public init() {}

    /// Adds the change that a log makes.
    public mutating func add(_ change: LogChange<Campaign>) {
        ofOrganisations[key(change, nil), default: Count()].add(change)
        ofCampaigns[key(change, change.campaign), default: Count()].add(change)
    }

    private func key(_ change: LogChange<Campaign>, _ campaign: Campaign?) -> Key {
        Key(
            organisation: change.organisation,
            campaign: campaign,
            day: change.day.number,
            block: CounterBlock.of(change.sequence)
        )
    }
}
