/// A webhook as the store keeps it.
public struct Webhook: Equatable, Sendable {
    /// Its `_id`.
    public let id: WebhookID
    /// Whose sends it tells.
    public let organisation: OrganisationID
    /// What it does.
    public var definition: WebhookDefinition
    /// What requests are signed with, the newest first.
    public var secrets: [WebhookSecret]
    /// Rises with every change of the definition or the secrets.
    public var version: Int
    /// When it was made.
    public let created: Timestamp
    /// When people last changed it.
    public var updated: Timestamp
    /// How far it has come.
    public var progress: WebhookProgress

    /// Makes a webhook of its parts.
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

    /// Whether the sends of a campaign are delivered.
    public func matches(_ campaign: CampaignID) -> Bool {
        definition.campaigns.isEmpty || definition.campaigns.contains(campaign)
    }

    /// How many send logs it has not looked at yet, those left out that were recorded while it was not active.
    ///
    /// - Parameter head: the organisation's last send log
    /// - Returns: how many; none for a webhook that was never active.
    public func behind(_ head: SequenceNumber) -> Int64 {
        definition.isActive || !progress.gaps.isEmpty ? progress.behind(head) : 0
    }

    /// Changes it as people ask it; for stores, within their transaction.
    ///
    /// - Parameters:
    ///   - now: when
    ///   - head: the organisation's last send log
    ///   - change: what it is to be
    public mutating func change(at now: Timestamp, head: SequenceNumber, _ change: (inout Webhook) -> Void) {
        let (wasActive, before) = (definition.isActive, progress)
        change(&self)
        version += 1
        updated = now
        // Who sets the progress, as a copy does, means it.
        guard progress == before else { return }
        guard definition.isActive else {
            if wasActive { progress.stop(at: head) }
            return
        }
        // What was recorded while the webhook was not active is not delivered later.
        if !wasActive { progress.start(at: head) }
        (progress.failures, progress.failingSince, progress.heldUntil, progress.pause) = (0, nil, nil, nil)
        progress.slowness = 0
    }

    /// Takes what a worker did; for stores, within their transaction.
    public mutating func take(_ report: WebhookReport) {
        let cursor = max(progress.cursor, report.progress.cursor)
        // Where somebody changed it meanwhile, its failures begin anew.
        if report.version == version { progress = report.progress }
        progress.advance(to: cursor)
    }

    /// Appends the webhook as JSON, its secrets left out.
    ///
    /// - Parameters:
    ///   - head: the organisation's last send log
    ///   - bytes: where it is written
    public func write(head: SequenceNumber, to bytes: inout [UInt8]) {
        bytes.append("{\"_id\":")
        bytes.appendJSON(id.text)
        bytes.append(",")
        definition.writeMembers(to: &bytes)
        bytes.append(",\"paused\":")
        if let pause = progress.pause {
            bytes.append("{\"at\":\"")
            pause.at.write(to: &bytes)
            bytes.append("\",\"reason\":")
            bytes.appendJSON(pause.reason)
            bytes.append("}")
        } else {
            bytes.append("null")
        }
        bytes.append(",\"heldUntil\":")
        if let moment = progress.heldUntil {
            bytes.append("\"")
            moment.write(to: &bytes)
            bytes.append("\"")
        } else {
            bytes.append("null")
        }
        bytes.append(",\"failures\":")
        bytes.appendDecimal(progress.failures)
        bytes.append(",\"behind\":")
        bytes.appendDecimal(behind(head))
        bytes.append(",\"createdAt\":\"")
        created.write(to: &bytes)
        bytes.append("\",\"updatedAt\":\"")
        updated.write(to: &bytes)
        bytes.append("\",\"secrets\":[")
        for (place, secret) in secrets.enumerated() {
            bytes.append(place > 0 ? ",{\"createdAt\":\"" : "{\"createdAt\":\"")
            secret.created.write(to: &bytes)
            bytes.append("\",\"expiresAt\":")
            if let end = secret.expires {
                bytes.append("\"")
                end.write(to: &bytes)
                bytes.append("\"}")
            } else {
                bytes.append("null}")
            }
        }
        bytes.append("]}")
    }
}

/// A secret that requests are signed with (<https://www.standardwebhooks.com>).
public struct WebhookSecret: Equatable, Sendable {
    /// `whsec_` and 24 to 64 bytes in Base64.
    public let text: String
    /// When it was made.
    public let created: Timestamp
    /// From when on nothing is signed with it, where another has taken its place.
    public var expires: Timestamp?

    /// Makes a secret of its parts.
    public init(text: String, created: Timestamp, expires: Timestamp? = nil) {
        self.text = text
        self.created = created
        self.expires = expires
    }
}
