/// A store of campaigns: their names, and the counters that recording maintains.
///
/// Every method works within one organisation, and never sees the campaigns of another one.
public protocol CampaignStore: Sendable {
    /// Passes the campaigns of a query to a closure, in the query's order and from one snapshot.
    ///
    /// The store holds one campaign at a time, so the closure decides how much memory is used.
    ///
    /// - Parameters:
    ///   - query: the query
    ///   - organisation: the organisation that owns the campaigns
    ///   - initial: the result for no campaigns; each attempt of a query that is repeated begins with it
    ///   - add: adds a campaign to the result
    /// - Returns: the totals of all campaigns that match the query, without its skip and limit, and the result.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``; the errors of `add`.
    func reduceCampaigns<Result: Sendable>(
        _ query: CampaignQuery,
        in organisation: OrganisationID,
        into initial: Result,
        _ add: @escaping @Sendable (inout Result, Campaign) throws(StoreError) -> Void
    ) async throws(StoreError) -> (totals: CampaignTotals, result: Result)

    /// Returns the campaign with an ID.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func campaign(_ id: CampaignID, in organisation: OrganisationID) async throws(StoreError) -> Campaign

    /// Sets or replaces the name of a campaign.
    ///
    /// - Returns: the campaign after the change.
    /// - Throws: ``StoreError/notFound`` if the campaign has no send log; ``StoreError/unavailable(_:detail:)``;
    ///   ``StoreError/corrupted(detail:)``.
    func nameCampaign(
        _ id: CampaignID,
        _ name: CampaignName,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Campaign

    /// Returns the names of campaigns; leaves out campaigns without a name.
    ///
    /// - Parameters:
    ///   - ids: the campaigns, some of which may not exist; `nil` for all
    ///   - organisation: the organisation that owns the campaigns
    /// - Returns: the names by campaign.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func campaignNames(
        of ids: [CampaignID]?,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [CampaignID: CampaignName]

    /// Returns the counters of whole UTC days, for everything recorded so far.
    ///
    /// - Parameters:
    ///   - campaigns: the campaigns to count, each once even if it is given twice; `nil` for all
    ///   - days: the first and the last day
    ///   - organisation: the organisation that owns the campaigns
    /// - Returns: the days that have sends, in ascending order.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func tallies(
        of campaigns: [CampaignID]?,
        over days: ClosedRange<Day>,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [DayTally]

    /// Returns the counters of whole UTC days for each campaign separately, for everything recorded so far.
    ///
    /// - Parameters:
    ///   - campaigns: the campaigns
    ///   - days: the first and the last day
    ///   - organisation: the organisation that owns the campaigns
    /// - Returns: the days that have sends, in ascending order, by campaign; campaigns without such days are left out.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func tallies(
        ofEach campaigns: [CampaignID],
        over days: ClosedRange<Day>,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [CampaignID: [DayTally]]
}

extension CampaignStore {
    /// Returns a page of campaigns.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    public func campaigns(
        _ query: CampaignQuery,
        in organisation: OrganisationID
    ) async throws(StoreError) -> CampaignPage {
        let (totals, campaigns) = try await reduceCampaigns(query, in: organisation, into: [Campaign]()) {
            $0.append($1)
        }
        return CampaignPage(totals: totals, campaigns: campaigns)
    }
}
