/// A webhook as it is stored.
public struct Webhook: Equatable, Sendable {
    /// The webhook's `_id`.
    public let id: WebhookID
    /// The organisation whose sends it delivers.
    public let organisation: OrganisationID
    /// The settings that users can change.
    public var definition: WebhookDefinition
    /// The secrets that sign requests, newest first.
    public var secrets: [WebhookSecret]
    /// A number that rises with every change of the definition or the secrets.
    public var version: Int
    /// The time of creation.
    public let created: Timestamp
    /// The time of the last change by a user.
    public var updated: Timestamp
    /// The progress of its deliveries.
    public var progress: WebhookProgress

    /// Creates a webhook.
    public init(
        id: WebhookID,
        organisation: OrganisationID,
        definition: WebhookDefinition,
        secrets: [WebhookSecret],
        version: Int,
        created: Timestamp,
        updated: Timestamp,
        progress: WebhookProgress
    ) {
        self.id = id
        self.organisation = organisation
        self.definition = definition
        self.secrets = secrets
        self.version = version
        self.created = created
        self.updated = updated
        self.progress = progress
    }

    /// The webhook's key.
    public var key: WebhookKey { WebhookKey(organisation: organisation, id: id) }

    /// Returns whether the webhook delivers the sends of a campaign.
    public func matches(_ campaign: CampaignID) -> Bool {
        definition.campaigns.isEmpty || definition.campaigns.contains(campaign)
    }

    /// Returns the ranges that are not processed yet, in ascending order, without send logs that were recorded while it
    /// was inactive; none if it was never active.
    public func pendingRanges(to head: SequenceNumber) -> [ClosedRange<SequenceNumber>] {
        progress.pendingRanges(to: head, isActive: definition.isActive)
    }

    /// Applies a user's change, with the organisation's newest sequence number; stores call it in their transaction.
    public mutating func change(at now: Timestamp, head: SequenceNumber, _ change: (inout Webhook) -> Void) {
        let (wasActive, before) = (definition.isActive, progress)
        change(&self)
        version += 1
        updated = now
        // A change that sets the progress itself, as a database copy does, is kept as it is.
        guard progress == before else { return }
        guard definition.isActive else {
            if wasActive { progress.stop(at: head) }
            return
        }
        // Sends that were recorded while the webhook was not active are not delivered later.
        if !wasActive { progress.start(at: head) }
        (progress.failures, progress.failingSince, progress.heldUntil, progress.pause) = (0, nil, nil, nil)
        progress.slowness = 0
    }

    /// Applies a worker's report; stores call it within their transaction.
    public mutating func apply(_ report: WebhookReport) {
        let cursor = max(progress.cursor, report.progress.cursor)
        let replays = progress.replays.advanced(by: report.progress.replays)
        // If a user changed the webhook meanwhile, the report's failures do not count.
        if report.version == version { progress = report.progress }
        progress.replays = replays
        progress.advance(to: cursor)
    }

    /// Appends the webhook as JSON, without its secrets.
    public func write(_ status: WebhookStatus, to bytes: inout [UInt8]) {
        bytes.append("{")
        bytes.appendMember("_id", id.text)
        definition.writeMembers(to: &bytes)
        bytes.appendMember("state", state.rawValue)
        bytes.appendMember("paused", progress.pause)
        bytes.appendMember("heldUntil", progress.heldUntil)
        bytes.appendMember("failures", progress.failures)
        bytes.appendMember("failed", status.failed)
        bytes.appendMember("behind", status.behind)
        bytes.appendMember("replays", progress.replays)
        bytes.appendMember("createdAt", created)
        bytes.appendMember("updatedAt", updated)
        bytes.appendMember("secrets", secrets)
        bytes.append("}")
    }
}
