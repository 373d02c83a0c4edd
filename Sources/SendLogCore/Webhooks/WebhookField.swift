/// What a webhook's templates can say of a send, named as they name it.
public enum WebhookField: String, CaseIterable, Sendable {
    /// The send log's `_id`.
    case sendID = "send._id"
    /// The campaign's `_id`, as the send log has it.
    case sendCampaignID = "send.campaign_id"
    /// The message as it was sent, its own `{{…}}` unresolved.
    case message = "send.message"
    /// Why it was sent.
    case triggeredBy = "send.triggeredBy"
    /// When its delivery started.
    case startDeliveryAt = "send.startDeliveryAt"
    /// How many destinations it has: a number.
    case destinations = "send.destinations"
    /// The campaign's `_id`.
    case campaignID = "campaign._id"
    /// What the campaign is called at the time of the attempt: `null` where it has no name.
    case campaignName = "campaign.name"
    /// The organisation's number.
    case organisationID = "organisation._id"

    /// Whether its text can be anything that somebody wrote.
    var isFreeText: Bool {
        switch self {
        case .message, .triggeredBy, .campaignName: true
        default: false
        }
    }

    /// What is told of a name that is none of these.
    static func unknown(_ name: String) -> String {
        let known = allCases.map(\.rawValue)
        let scalars = name.unicodeScalars
        let short = scalars.count > 40 ? "\(String(String.UnicodeScalarView(scalars.prefix(40))))…" : name
        let shown = "has {{\(short)}}, which is not known"
        if let nearest = NearestName.to(name, among: known) { return "\(shown); did you mean {{\(nearest)}}?" }
        return "\(shown); known are \(known.map { "{{\($0)}}" }.joined(separator: ", "))"
    }
}

/// A send as templates see it.
public struct WebhookSend: Sendable {
    private let record: [UInt8]
    private let fields: [WebhookField: Range<Int>]
    /// How many destinations it has.
    public let destinations: Int
    /// What its campaign is called.
    public let campaignName: CampaignName?
    private let organisation: OrganisationID

    /// Makes a send of a stored log.
    ///
    /// - Parameters:
    ///   - log: the log
    ///   - campaignName: what its campaign is called, if anything
    ///   - organisation: whose log it is
    /// - Throws: ``StoreError/damaged(detail:)`` where the record lacks fields.
    public init(
        _ log: StoredSendLog,
        campaignName: CampaignName?,
        of organisation: OrganisationID
    ) throws(StoreError) {
        let places: [WebhookField: Range<Int>]? = log.record.withUnsafeBufferPointer { record in
            guard let base = record.baseAddress, let fields = RecordFields(record) else { return nil }
            func place(_ part: UnsafeBufferPointer<UInt8>) -> Range<Int> {
                let begin = part.baseAddress.map { $0 - base } ?? 0
                return begin..<begin + part.count
            }
            return [
                .sendID: place(fields.id), .sendCampaignID: place(fields.campaignID),
                .campaignID: place(fields.campaignID), .message: place(fields.message),
                .triggeredBy: place(fields.triggeredBy), .startDeliveryAt: place(fields.startDeliveryAt),
            ]
        }
        guard let places else { throw .damaged(detail: "a record lacks fields") }
        record = log.record
        fields = places
        destinations = log.destinations
        self.campaignName = campaignName
        self.organisation = organisation
    }

    /// The `_id` of the send log.
    public var id: SendLogID? { inside(.sendID).withUnsafeBufferPointer { SendLogID(utf8: $0) } }

    /// The `_id` of its campaign.
    public var campaignID: CampaignID? { inside(.campaignID).withUnsafeBufferPointer { CampaignID(utf8: $0) } }

    /// Appends a field as a JSON value of its type.
    func appendJSON(_ field: WebhookField, to bytes: inout [UInt8]) {
        switch field {
        case .destinations: bytes.appendDecimal(destinations)
        case .campaignName where campaignName == nil: bytes.append("null")
        default:
            bytes.append("\"")
            appendInside(field, to: &bytes)
            bytes.append("\"")
        }
    }

    /// Appends a field as the inside of a JSON string.
    func appendInside(_ field: WebhookField, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: inside(field))
    }

    /// The text of a field, in UTF-8.
    func text(_ field: WebhookField) -> [UInt8] {
        var text: [UInt8] = []
        inside(field).withUnsafeBufferPointer { text.appendText(ofJSON: $0) }
        return text
    }

    /// The field's text as JSON escapes it, without quotes; records keep theirs so already.
    private func inside(_ field: WebhookField) -> [UInt8] {
        if let place = fields[field] { return Array(record[place]) }
        var bytes: [UInt8] = []
        switch field {
        case .destinations: bytes.appendDecimal(destinations)
        case .organisationID: bytes.appendDecimal(organisation.number)
        default:
            guard let campaignName else { return [] }
            bytes.appendJSON(campaignName.description)
            return Array(bytes.dropFirst().dropLast())
        }
        return bytes
    }
}
