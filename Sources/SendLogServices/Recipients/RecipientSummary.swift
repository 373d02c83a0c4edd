package import SendLogCore

/// The number of sends to a recipient, when the first and the last one started, and counts by campaign and month.
package struct RecipientSummary: Sendable {
    /// The number of sends.
    package private(set) var sends = 0
    /// When the first send started; `nil` without sends.
    package private(set) var first: Timestamp?
    /// When the last send started.
    package private(set) var last: Timestamp?
    /// The number of the newest sends that ``campaigns`` and ``months`` count; all sends if there are at most
    /// ``maxCounted``.
    package private(set) var counted = 0
    /// The campaigns with the most sends, at most ``maxRows``.
    package private(set) var campaigns: [Count<CampaignID>] = []
    /// The newest months with sends, at most ``maxRows``, each by its first day.
    package private(set) var months: [Count<Day>] = []
    /// The campaigns that are left out, and their sends.
    package private(set) var otherCampaigns = Rest()
    /// The months that are left out, and their sends.
    package private(set) var otherMonths = Rest()

    /// The largest number of sends that are counted by campaign and month, so that a summary takes less than a second.
    package static let maxCounted = 100_000
    /// The largest number of campaigns, and of months.
    package static let maxRows = 100

    /// The number of sends of a campaign or a month.
    package struct Count<Key: Hashable & Sendable>: Equatable, Sendable {
        package let key: Key
        package let sends: Int
    }

    /// What is left out of a list of counts.
    package struct Rest: Equatable, Sendable {
        package private(set) var rows = 0
        package private(set) var sends = 0

        fileprivate init() {}

        fileprivate init<Key>(_ counts: ArraySlice<Count<Key>>) {
            (rows, sends) = (counts.count, counts.reduce(0) { $0 + $1.sends })
        }
    }

    /// Counts the sends of a search; its skip, limit and order are ignored.
    ///
    /// - Parameters:
    ///   - search: a search that is limited to the recipient's sends, see ``SendLogSearch/found``
    ///   - organisation: the organisation
    ///   - store: the store
    ///   - localDay: returns the day of a moment in the user's time zone; `nil` leaves campaigns and months out
    /// - Throws: ``StoreError``.
    package init(
        of search: SendLogSearch,
        in organisation: OrganisationID,
        from store: any LogReader,
        localDay: ((Timestamp) -> Day)? = nil
    ) async throws(StoreError) {
        let reader = SendsReader(store, in: organisation)
        var page = search
        (page.skip, page.limit, page.order) = (0, localDay == nil ? 1 : Self.maxCounted, .newestFirst)
        var (first, last): (Timestamp?, Timestamp?)
        var (ofCampaigns, ofMonths): ([CampaignID: Int], [Day: Int]) = ([:], [:])
        var known: (day: Day, month: Day)?
        var counted = 0
        sends = try await reader.forEach(page) { fields, _ in
            guard let start = Timestamp(rfc3339: fields.startDeliveryAt),
                let campaign = CampaignID(utf8: fields.campaignID)
            else { return true }
            (first, last) = (start, last ?? start)
            guard let localDay else { return false }
            counted += 1
            ofCampaigns[campaign, default: 0] += 1
            let day = localDay(start)
            if known?.day != day { known = (day, CivilDate(day).firstOfMonth()) }
            if let known { ofMonths[known.month, default: 0] += 1 }
            return true
        }
        if counted < sends {
            (page.limit, page.order) = (1, .oldestFirst)
            try await reader.forEach(page) { fields, _ in
                first = Timestamp(rfc3339: fields.startDeliveryAt)
                return true
            }
        }
        (self.first, self.last, self.counted) = (first, last, counted)
        let campaigns = ofCampaigns.map { Count(key: $0.key, sends: $0.value) }
            .sorted { ($1.sends, $0.key.text) < ($0.sends, $1.key.text) }
        let months = ofMonths.map { Count(key: $0.key, sends: $0.value) }.sorted { $0.key > $1.key }
        self.campaigns = Array(campaigns.prefix(Self.maxRows))
        self.months = Array(months.prefix(Self.maxRows))
        (otherCampaigns, otherMonths) = (Rest(campaigns.dropFirst(Self.maxRows)), Rest(months.dropFirst(Self.maxRows)))
    }
}
