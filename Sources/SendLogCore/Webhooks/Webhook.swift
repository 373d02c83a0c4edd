/// Owner of webhook ids.
public enum WebhookOwner {}

/// The `_id` of a webhook, unique everywhere.
public typealias WebhookID = Identifier<WebhookOwner>

/// What an organisation asks to be told, and how.
public struct WebhookDefinition: Equatable, Sendable {
    /// What people call it; may be empty.
    public var name: String
    /// Where it goes.
    public var url: WebhookURL
    /// How it is asked.
    public var method: Method
    /// The campaigns whose sends are told; empty for all.
    public var campaigns: [CampaignID]
    /// What else stands in the request's head, in order.
    public var headers: [WebhookHeader]
    /// The body's template; `nil` where none is sent.
    public var body: WebhookBody?
    /// Whether the body's top-level members are query parameters, and no body is sent.
    public var encodesIntoURL: Bool
    /// Whether sends are told at all.
    public var isActive: Bool

    /// How a receiver is asked.
    public enum Method: String, Sendable, CaseIterable {
        case post = "POST"
        case get = "GET"
    }

    /// The most webhooks that an organisation may have.
    public static let most = 100
    /// The most campaigns that one names.
    public static let mostCampaigns = 1000
    /// The most headers that one adds.
    public static let mostHeaders = 20
    /// The longest name in characters.
    public static let longestName = 100

    /// Makes a definition of its parts, which the reader of JSON has looked at.
    init(
        name: String,
        url: WebhookURL,
        method: Method,
        campaigns: [CampaignID],
        headers: [WebhookHeader],
        body: WebhookBody?,
        encodesIntoURL: Bool,
        isActive: Bool
    ) {
        self.name = name
        self.url = url
        self.method = method
        self.campaigns = campaigns
        self.headers = headers
        self.body = body
        self.encodesIntoURL = encodesIntoURL
        self.isActive = isActive
    }

    /// Whether a rendering depends on what the campaign is called.
    public var namesCampaign: Bool {
        url.namesCampaign || body?.namesCampaign == true || headers.contains { $0.namesCampaign }
    }

    /// What is sent of a send: it stays the same in every attempt, as long as nobody changes the webhook or names the campaign.
    public func request(for send: WebhookSend) -> WebhookRequest {
        let json = body?.rendered(for: send)
        let query = encodesIntoURL ? json.map { WebhookURL.query(of: $0) } : nil
        return WebhookRequest(
            method: method,
            url: url.rendered(for: send, query: query),
            headers: headers.map { ($0.name, $0.rendered(for: send)) },
            body: encodesIntoURL || method == .get ? [] : json ?? []
        )
    }

    /// Appends the members of the definition as JSON, with commas between them.
    public func writeMembers(to bytes: inout [UInt8]) {
        bytes.append("\"name\":")
        bytes.appendJSON(name)
        bytes.append(",\"url\":")
        bytes.appendJSON(url.text)
        bytes.append(",\"method\":")
        bytes.appendJSON(method.rawValue)
        bytes.append(",\"campaign_id\":[")
        for (place, campaign) in campaigns.enumerated() {
            if place > 0 { bytes.append(",") }
            bytes.appendJSON(campaign.text)
        }
        bytes.append("],\"headers\":{")
        for (place, header) in headers.enumerated() {
            if place > 0 { bytes.append(",") }
            bytes.appendJSON(header.name)
            bytes.append(":")
            bytes.appendJSON(header.text)
        }
        bytes.append("},\"body\":")
        if let body { bytes.appendJSON(body.text) } else { bytes.append("null") }
        bytes.append(encodesIntoURL ? ",\"encodeIntoUrl\":true" : ",\"encodeIntoUrl\":false")
        bytes.append(isActive ? ",\"active\":true" : ",\"active\":false")
    }
}

/// A request as a receiver gets it, but for what signs it.
public struct WebhookRequest: Sendable {
    /// How the receiver is asked.
    public let method: WebhookDefinition.Method
    /// The URL, in ASCII.
    public let url: String
    /// Header fields that the webhook adds, in printable ASCII.
    public let headers: [(name: String, value: String)]
    /// The JSON body; empty for none.
    public let body: [UInt8]
}

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

    /// Whether sends of a campaign are told.
    public func tells(_ campaign: CampaignID) -> Bool {
        definition.campaigns.isEmpty || definition.campaigns.contains(campaign)
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
        guard definition.isActive, progress == before else { return }
        // What was recorded while nobody wanted to be told is not told later.
        if !wasActive { progress.told = head }
        (progress.failures, progress.failingSince, progress.heldUntil, progress.pause) = (0, nil, nil, nil)
    }

    /// Takes what a worker did; for stores, within their transaction.
    public mutating func take(_ report: WebhookReport) {
        let told = max(progress.told, report.progress.told)
        // Where somebody changed it meanwhile, its failures begin anew.
        if report.version == version { progress = report.progress }
        progress.told = told
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
        bytes.append(",\"failures\":")
        bytes.appendDecimal(progress.failures)
        bytes.append(",\"behind\":")
        bytes.appendDecimal(definition.isActive ? max(0, head.number - progress.told.number) : 0)
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

/// How far a webhook has come in telling what was recorded.
public struct WebhookProgress: Equatable, Sendable {
    /// All send logs up to this one were told, or wait for their next try.
    public var told: SequenceNumber
    /// How many attempts failed since the last one that did not.
    public var failures: Int
    /// When the first of these failed.
    public var failingSince: Timestamp?
    /// No attempt is made before this moment, since the receiver keeps failing.
    public var heldUntil: Timestamp?
    /// Set where it has failed for so long that nothing more is sent until somebody resumes it.
    public var pause: Pause?

    /// When and why a webhook was paused.
    public struct Pause: Equatable, Sendable {
        /// The moment.
        public let at: Timestamp
        /// Why, in words for people.
        public let reason: String

        /// Notes a pause.
        public init(at: Timestamp, reason: String) {
            self.at = at
            self.reason = reason
        }
    }

    /// Begins behind a send log.
    public init(
        told: SequenceNumber,
        failures: Int = 0,
        failingSince: Timestamp? = nil,
        heldUntil: Timestamp? = nil,
        pause: Pause? = nil
    ) {
        self.told = told
        self.failures = failures
        self.failingSince = failingSince
        self.heldUntil = heldUntil
        self.pause = pause
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
