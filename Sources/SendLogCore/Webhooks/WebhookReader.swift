/// What is asked of a webhook that is made or changed.
public struct WebhookInput: Sendable {
    /// What it does.
    public let definition: WebhookDefinition
    /// A secret that the caller brings.
    public let secret: String?
    /// Whether another secret is made.
    public let rotatesSecret: Bool

    /// Understands the JSON object of a webhook.
    ///
    /// - Parameters:
    ///   - value: the object
    ///   - present: what it is now, for what the object does not name; `nil` for one that is made
    /// - Throws: all that is wrong with it.
    public init(_ value: JSONValue, changing present: WebhookDefinition? = nil) throws(InvalidInput) {
        try self.init(value, WebhookReader(present))
    }

    /// Understands what a store kept, which was looked at when it was saved.
    init(stored value: JSONValue) throws(InvalidInput) {
        try self.init(value, WebhookReader(nil, isStored: true))
    }

    private init(_ value: JSONValue, _ reader: WebhookReader) throws(InvalidInput) {
        var reader = reader
        reader.read(value)
        self = try reader.finish()
    }
}

/// Reads a webhook's JSON field by field and gathers what is wrong with it.
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
    /// The members that stand there.
    private var named: Set<String> = []

    private static let known = [
        "name", "url", "method", "campaign_id", "headers", "body", "encodeIntoUrl", "active", "secret", "rotateSecret",
    ]

    init(_ present: WebhookDefinition?, isStored: Bool = false) {
        isNew = present == nil
        self.isStored = isStored
        guard let present else { return }
        name = present.name
        url = present.url
        method = present.method
        campaigns = present.campaigns
        headers = present.headers
        body = present.body
        encodesIntoURL = present.encodesIntoURL
        isActive = present.isActive
    }

    mutating func finish() throws(InvalidInput) -> WebhookInput {
        if url == nil, !issues.contains(where: { $0.path == "url" }) { report("url", "is missing") }
        if let body, encodesIntoURL, !body.isObject {
            report("body", "must be an object where encodeIntoUrl is true: its members are the parameters")
        }
        if let body, encodesIntoURL, !isStored, body.hasLongNames {
            report(
                "body",
                "must have members with names of at most 100 bytes, without {{…}}, where encodeIntoUrl is true"
            )
        }
        if encodesIntoURL, body == nil, !issues.contains(where: { $0.path == "body" }) {
            report("body", "is missing: encodeIntoUrl takes the parameters from it")
        }
        if method == .get, body != nil, !encodesIntoURL {
            report("method", "GET sends no body: set encodeIntoUrl to true, or body to null")
        }
        if !isStored { checkLength() }
        if secret != nil, rotatesSecret {
            report("rotateSecret", "makes a secret, and secret brings one: say one of them")
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
        return WebhookInput(definition, secret: secret, rotatesSecret: rotatesSecret)
    }

    /// What is sent must have an end: a message has up to 64 KiB, and several times as many once they are escaped.
    private mutating func checkLength() {
        var places = headers.map { ("headers.\($0.name)", $0.messages) }
        if let url { places.append(("url", url.messages)) }
        if let body { places.append(("body", body.messages)) }
        let most = WebhookDefinition.mostMessages
        for (path, messages) in places where messages > most && named.contains(String(path.prefix { $0 != "." })) {
            report(path, "has {{send.message}} \(messages) times; at most \(most) are allowed")
        }
    }

    mutating func read(_ value: JSONValue) {
        guard case .object(let members) = value else { return report("", "must be an object, not \(value.kind)") }
        for member in members {
            guard Self.known.contains(member.name) else {
                report(String(member.name.prefix(64)), Naming.unknown(member.name, known: Self.known))
                continue
            }
            guard named.insert(member.name).inserted else {
                report(member.name, "stands there more than once")
                continue
            }
            do throws(InvalidInput) { try read(member.name, member.value) } catch { issues += error.issues }
        }
    }

    private mutating func read(_ name: String, _ value: JSONValue) throws(InvalidInput) {
        switch name {
        case "name":
            let text = try string(value, at: name)
            guard text.isEmpty || text.isName(ofAtMost: WebhookDefinition.longestName) else {
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
        case "campaign_id": campaigns = try readCampaigns(value)
        case "headers": headers = try readHeaders(value)
        case "body":
            if value == .scalar(.null) {
                body = nil
            } else if case .string(let text) = value {
                body = try WebhookBody(text, isStored: isStored)
            } else {
                throw InvalidInput(
                    path: name,
                    "must be a string that holds JSON, since {{…}} may stand where JSON has no place for it; not \(value.kind)"
                )
            }
        case "encodeIntoUrl": encodesIntoURL = try flag(value, at: name)
        case "active": isActive = try flag(value, at: name)
        case "secret":
            let text = try string(value, at: name)
            guard WebhookSecret.isOne(text) else { throw InvalidInput(path: name, WebhookSecret.rule) }
            secret = text
        default:
            rotatesSecret = try flag(value, at: name)
            if isNew, rotatesSecret { throw InvalidInput(path: name, "is for a webhook that has a secret already") }
        }
    }

    private func readCampaigns(_ value: JSONValue) throws(InvalidInput) -> [CampaignID] {
        if value == .scalar(.null) { return [] }
        guard case .array(let values) = value else {
            throw InvalidInput(
                path: "campaign_id",
                "must be an array of campaign ids, empty for all; not \(value.kind)"
            )
        }
        guard values.count <= WebhookDefinition.mostCampaigns else {
            throw InvalidInput(path: "campaign_id", "must name at most 1,000 campaigns; it names \(values.count)")
        }
        var (campaigns, issues): ([CampaignID], [InputIssue]) = ([], [])
        var seen: Set<CampaignID> = []
        for (place, value) in values.enumerated() {
            if case .string(let text) = value, let campaign = CampaignID(text) {
                if seen.insert(campaign).inserted { campaigns.append(campaign) }
            } else {
                issues.append(InputIssue(path: "campaign_id[\(place)]", message: CampaignID.rule))
            }
        }
        guard issues.isEmpty else { throw InvalidInput(issues) }
        return campaigns
    }

    private func readHeaders(_ value: JSONValue) throws(InvalidInput) -> [WebhookHeader] {
        if value == .scalar(.null) { return [] }
        guard case .object(let members) = value else {
            throw InvalidInput(path: "headers", "must be an object of names and values, not \(value.kind)")
        }
        guard members.count <= WebhookDefinition.mostHeaders else {
            throw InvalidInput(path: "headers", "must be at most 20; there are \(members.count)")
        }
        var (headers, issues): ([WebhookHeader], [InputIssue]) = ([], [])
        for member in members {
            do throws(InvalidInput) {
                let text = try string(member.value, at: "headers.\(member.name.prefix(64))")
                if headers.contains(where: { $0.name.lowercased() == member.name.lowercased() }) {
                    throw InvalidInput(path: "headers.\(member.name.prefix(64))", "stands there more than once")
                }
                headers.append(try WebhookHeader(member.name, text))
            } catch {
                issues += error.issues
            }
        }
        guard issues.isEmpty else { throw InvalidInput(issues) }
        return headers
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

extension WebhookInput {
    fileprivate init(_ definition: WebhookDefinition, secret: String?, rotatesSecret: Bool) {
        self.definition = definition
        self.secret = secret
        self.rotatesSecret = rotatesSecret
    }
}

extension WebhookSecret {
    /// What a person is told whose secret is refused.
    static let rule = "must be whsec_ and 24 to 64 bytes in Base64"

    /// Whether a text is a secret.
    static func isOne(_ text: String) -> Bool {
        guard text.hasPrefix("whsec_") else { return false }
        let code = text.utf8.dropFirst(6)
        let digits = code.prefix { $0 != UInt8(ascii: "=") }
        let padding = code.dropFirst(digits.count)
        let isCode = digits.allSatisfy { byte in
            byte != UInt8(ascii: "-") && byte != UInt8(ascii: ".") && byte != UInt8(ascii: "_")
                && byte != UInt8(ascii: "~") && byte.isUnreserved || byte == UInt8(ascii: "+")
                || byte == UInt8(ascii: "/")
        }
        return isCode && padding.count <= 2 && padding.allSatisfy { $0 == UInt8(ascii: "=") } && code.count % 4 == 0
            && (24...64).contains(code.count / 4 * 3 - padding.count)
    }
}
