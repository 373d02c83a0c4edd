public import SendLogCore

/// The fields of a send log as read, without its destinations.
public struct ParsedSendLog: Sendable {
    /// The `_id`; `nil` if none was given.
    public let id: SendLogID?
    /// The campaign that triggered the send.
    public let campaignID: CampaignID
    /// The template as sent, in UTF-8.
    public let message: [UInt8]
    /// The reason for the send, in UTF-8.
    public let triggeredBy: [UInt8]
    /// The time at which delivery started; `nil` if none was given.
    public let start: Timestamp?

    /// Creates a send log from valid fields.
    package init(id: SendLogID?, campaignID: CampaignID, message: [UInt8], triggeredBy: [UInt8], start: Timestamp?) {
        (self.id, self.campaignID, self.start) = (id, campaignID, start)
        (self.message, self.triggeredBy) = (message, triggeredBy)
    }
}
