/// Knows the campaigns of an organisation, from the counters that recording keeps, and their names.
///
/// Every method works within one organisation; another's campaigns do not exist for it.
public protocol CampaignStore: Sendable {
    /// A page of campaigns.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/damaged(detail:)``.
    func campaigns(
        _ query: CampaignQuery,
        in organisation: OrganisationID
    ) async throws(StoreError) -> CampaignPage

    /// One campaign.
    ///
    /// - Throws: ``StoreError/notFound``; ``StoreError/unavailable(_:detail:)``; ``StoreError/damaged(detail:)``.
    func campaign(
        _ id: CampaignID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Campaign

    /// Gives a campaign a name, whether it has one or not.
    ///
    /// - Returns: the campaign as it is now.
    /// - Throws: ``StoreError/notFound`` where it has no send; ``StoreError/unavailable(_:detail:)``; ``StoreError/damaged(detail:)``.
    func nameCampaign(
        _ id: CampaignID,
        _ name: CampaignName,
        in organisation: OrganisationID
    ) async throws(StoreError) -> Campaign

    /// The names of campaigns that have one.
    ///
    /// - Parameters:
    ///   - ids: which campaigns, of which some need not exist; `nil` for all
    ///   - organisation: whose campaigns they are
    /// - Returns: their names.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func campaignNames(
        of ids: [CampaignID]?,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [CampaignID: CampaignName]

    /// What counters tell of whole days in UTC, of all that is recorded so far.
    ///
    /// - Parameters:
    ///   - campaigns: whose sends; `nil` for all, of a campaign named twice only once
    ///   - days: the first and the last day that is wanted
    ///   - organisation: whose campaigns they are
    /// - Returns: the days with sends, in their order.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func tallies(
        of campaigns: [CampaignID]?,
        over days: ClosedRange<Day>,
        in organisation: OrganisationID
    ) async throws(StoreError) -> [DayTally]

    /// The same of each of some campaigns by itself, over all time.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func tallies(
        ofEach campaigns: [CampaignID],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [CampaignID: [DayTally]]
}
