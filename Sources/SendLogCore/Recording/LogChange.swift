/// A log that a transaction records or deletes, as data that are derived from the logs see it.
///
/// `Campaign` is how the store identifies a campaign.
public struct LogChange<Campaign: Hashable & Sendable>: Sendable {
    /// The organisation that owns the log.
    public let organisation: OrganisationID
    /// The log's sequence number.
    public let sequence: SequenceNumber
    /// The log's campaign.
    public let campaign: Campaign
    /// The day on which the log's delivery started.
    public let day: Day
    /// The log's number of destinations.
    public let destinations: Int
    /// The log if it is recorded; `nil` if it is deleted.
    public let recorded: PreparedSendLog?

    /// Creates the change that recording a log makes.
    public init(
        recording log: PreparedSendLog,
        as sequence: SequenceNumber,
        of campaign: Campaign,
        in organisation: OrganisationID
    ) {
        (self.organisation, self.sequence, self.campaign, recorded) = (organisation, sequence, campaign, log)
        (day, destinations) = (log.start.day, log.destinations.count)
    }

    /// Creates the change that deleting a log makes; `start` is its `startDeliveryAt`, in milliseconds since 1970.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)`` if the start is out of range.
    public init(
        deleting sequence: SequenceNumber,
        of campaign: Campaign,
        start: Int64,
        destinations: Int,
        in organisation: OrganisationID
    ) throws(StoreError) {
        guard let start = Timestamp(milliseconds: start) else {
            throw .corrupted(detail: "a log's start is out of range")
        }
        (self.organisation, self.sequence, self.campaign, recorded) = (organisation, sequence, campaign, nil)
        (day, self.destinations) = (start.day, destinations)
    }
}
