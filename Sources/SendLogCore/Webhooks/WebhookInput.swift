/// What a client enters to create or change a webhook: its definition and secret, parsed from JSON and valid.
public struct WebhookInput: Sendable {
    /// The new definition.
    public let definition: WebhookDefinition
    /// A secret that the client provides.
    public let secret: String?
    /// Whether the server creates a new secret.
    public let rotatesSecret: Bool

    /// The names of the fields in JSON.
    package static let fields = [
        "name", "url", "method", "campaign_id", "headers", "body", "encodeIntoUrl", "active", "secret", "rotateSecret",
    ]
    /// The names of the fields that only responses have.
    ///
    /// A client that sends back what it read gets a message that says so.
    package static let readOnlyFields = [
        "_id", "state", "paused", "heldUntil", "failures", "failed", "behind", "replays", "createdAt", "updatedAt",
        "secrets",
    ]

    /// Returns the message for a field that is not one of ``fields``.
    fileprivate static func refusal(of field: String) -> String {
        switch field {
        case "state": "is read-only; omit it, or set active to true or false"
        case _ where readOnlyFields.contains(field): "is read-only; omit it"
        default: Naming.unknown(field, known: fields)
        }
    }
}

extension WebhookInput {
    /// Parses the JSON object of a new webhook, or of a change, whose missing members come from the definition before it.
    ///
    /// - Throws: ``InvalidInput`` with all issues.
    public init(_ value: JSONValue, changing current: WebhookDefinition? = nil) throws(InvalidInput) {
        try self.init(value, WebhookReader(current))
    }

    /// Parses a stored definition, which was validated when it was saved.
    init(stored value: JSONValue) throws(InvalidInput) {
        try self.init(value, WebhookReader(nil, isStored: true))
    }

    private init(_ value: JSONValue, _ reader: WebhookReader) throws(InvalidInput) {
        var reader = reader
        reader.read(value)
        self = try reader.finish()
    }
}

/// A reader of a webhook's JSON, which reads member by member and collects the issues.
private struct WebhookReader {
    private let isNew: Bool
    private let isStored: Bool
    private var name = ""
    private var url: WebhookURL?
    private var method = WebhookDefinition.Method.post
    private var campaigns: [CampaignID] = []
    private var headers: [WebhookHeader] = []
    private var body: WebhookBody?
    private var encodesIntoURL = false
    private var isActive = true
    private var secret: String?
    private var rotatesSecret = false
    private var issues: [InputIssue] = []
    /// The names of the members that were read.
    private var named: Set<String> = []

    private static let parameters = "because its members become the query parameters"

    init(_ current: WebhookDefinition?, isStored: Bool = false) {
        isNew = current == nil
        self.isStored = isStored
        guard let current else { return }
        name = current.name
        url = current.url
        method = current.method
        campaigns = current.campaigns
        headers = current.headers
        body = current.body
        encodesIntoURL = current.encodesIntoURL
        isActive = current.isActive
    }

    mutating func finish() throws(InvalidInput) -> WebhookInput {
        if url == nil, !issues.contains(where: { $0.path == "url" }) { report("url", "is required") }
        if let body, encodesIntoURL, !body.isObject {
            report("body", "must be an object if encodeIntoUrl is true, \(Self.parameters)")
        }
        if let body, encodesIntoURL, !isStored, body.hasLongNames {
            report("body", "must have member names of at most 100 bytes, without {{…}}, if encodeIntoUrl is true")
        }
        if encodesIntoURL, body == nil, !issues.contains(where: { $0.path == "body" }) {
            report("body", "is required if encodeIntoUrl is true, \(Self.parameters)")
        }
        if method == .get, body != nil, !encodesIntoURL {
            report("method", "GET sends no body: set encodeIntoUrl to true, or body to null")
        }
        if !isStored { checkLength() }
        if secret != nil, rotatesSecret {
            report("rotateSecret", "must not be true together with secret; use one of them")
        }
        guard issues.isEmpty, let url else { throw InvalidInput(issues) }
        let definition = WebhookDefinition(
            name: name,
            url: url,
            method: method,
            campaigns: campaigns,
            headers: headers,
            body: body,
            encodesIntoURL: encodesIntoURL,
            isActive: isActive
        )
        return WebhookInput(definition: definition, secret: secret, rotatesSecret: rotatesSecret)
    }

    /// Reports templates with too many messages, because each has up to 64 KiB, and is several times as long once escaped.
    private mutating func checkLength() {
        var messageCounts = headers.map { ("headers.\($0.name)", $0.messageCount) }
        if let url { messageCounts.append(("url", url.messageCount)) }
        if let body { messageCounts.append(("body", body.messageCount)) }
        let most = WebhookDefinition.maxMessageCount
        for (path, messageCount) in messageCounts
        where messageCount > most && named.contains(String(path.prefix { $0 != "." })) {
            report(path, "has {{send.message}} \(messageCount) times; at most \(most) are allowed")
        }
    }

    mutating func read(_ value: JSONValue) {
        guard case .object(let members) = value else { return report("", "must be an object, not \(value.kind)") }
        for member in members {
            guard WebhookInput.fields.contains(member.name) else {
                report(Naming.path(member.name), WebhookInput.refusal(of: member.name))
                continue
            }
            guard named.insert(member.name).inserted else {
                report(member.name, "must be given only once")
                continue
            }
            do throws(InvalidInput) { try read(member.name, member.value) } catch { issues += error.issues }
        }
    }

    private mutating func read(_ name: String, _ value: JSONValue) throws(InvalidInput) {
        switch name {
        case "name":
            let text = try string(value, at: name)
            guard text.isEmpty || text.isName(maxLength: WebhookDefinition.maxNameLength) else {
                throw InvalidInput(
                    path: name,
                    "must be at most 100 characters long, without control characters or white space at its ends"
                )
            }
            self.name = text
        case "url": url = try WebhookURL(try string(value, at: name), isStored: isStored)
        case "method":
            let text = try string(value, at: name)
            guard let method = WebhookDefinition.Method(rawValue: text) else {
                throw InvalidInput(path: name, "must be \"POST\" or \"GET\", not \(Naming.quoted(text))")
            }
            self.method = method
        case "campaign_id": try readCampaigns(value, at: name)
        case "headers": try readHeaders(value)
        case "body":
            if value == .scalar(.null) {
                body = nil
            } else if case .string(let text) = value {
                body = try WebhookBody(text, isStored: isStored)
            } else {
                throw InvalidInput(path: name, "must be a string that contains JSON, not \(value.kind)")
            }
        case "encodeIntoUrl": encodesIntoURL = try flag(value, at: name)
        case "active": isActive = try flag(value, at: name)
        case "secret":
            let text = try string(value, at: name)
            guard WebhookSecret.isValid(text) else { throw InvalidInput(path: name, WebhookSecret.rule) }
            secret = text
        default:
            rotatesSecret = try flag(value, at: name)
            if isNew, rotatesSecret {
                throw InvalidInput(path: name, "must not be true for a new webhook, which gets a new secret anyway")
            }
        }
    }

    private mutating func readCampaigns(_ value: JSONValue, at name: String) throws(InvalidInput) {
        campaigns = []
        if value == .scalar(.null) { return }
        guard case .array(let values) = value else {
            throw InvalidInput(path: name, "must be an array of campaign IDs, or null for all; not \(value.kind)")
        }
        // An empty array means no campaigns in a search. In webhooks that are stored already, it means all of them.
        guard !values.isEmpty || isStored else {
            let all = isNew ? "omit it" : "set it to null"
            throw InvalidInput(path: name, "must not be an empty array; \(all) for all campaigns")
        }
        guard values.count <= WebhookDefinition.maxCampaigns else {
            throw InvalidInput(path: name, "must have at most 1,000 IDs; it has \(values.count)")
        }
        var seen: Set<CampaignID> = []
        for (index, value) in values.enumerated() {
            if case .string(let text) = value, let campaign = CampaignID(text) {
                if seen.insert(campaign).inserted { campaigns.append(campaign) }
            } else {
                report("\(name)[\(index)]", CampaignID.rule)
            }
        }
    }

    private mutating func readHeaders(_ value: JSONValue) throws(InvalidInput) {
        headers = []
        if value == .scalar(.null) { return }
        guard case .object(let members) = value else {
            throw InvalidInput(path: "headers", "must be an object of names and values, not \(value.kind)")
        }
        guard members.count <= WebhookDefinition.maxHeaders else {
            throw InvalidInput(path: "headers", "must have at most 20 members; it has \(members.count)")
        }
        for member in members {
            do throws(InvalidInput) {
                let path = "headers.\(Naming.path(member.name))"
                let text = try string(member.value, at: path)
                if headers.contains(where: { $0.name.lowercased() == member.name.lowercased() }) {
                    throw InvalidInput(path: path, "must be given only once")
                }
                headers.append(try WebhookHeader(member.name, text))
            } catch {
                issues += error.issues
            }
        }
    }

    private func string(_ value: JSONValue, at path: String) throws(InvalidInput) -> String {
        guard case .string(let text) = value else {
            throw InvalidInput(path: path, "must be a string, not \(value.kind)")
        }
        return text
    }

    private func flag(_ value: JSONValue, at path: String) throws(InvalidInput) -> Bool {
        guard case .scalar(.bool(let flag)) = value else {
            throw InvalidInput(path: path, "must be true or false, not \(value.kind)")
        }
        return flag
    }

    private mutating func report(_ path: String, _ message: String) {
        issues.append(InputIssue(path: path, message: message))
    }
}
