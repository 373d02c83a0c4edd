/// The fields of a send that templates can use; the raw value is the name between `{{` and `}}`.
public enum WebhookField: String, CaseIterable, Sendable {
    /// The send log's `_id`.
    case sendID = "send._id"
    /// The campaign's `_id`, the `campaign_id` of the send log.
    case sendCampaignID = "send.campaign_id"
    /// The message as it was sent; its own `{{…}}` are not resolved.
    case message = "send.message"
    /// What triggered the send.
    case triggeredBy = "send.triggeredBy"
    /// The time at which delivery to the destinations started.
    case startDeliveryAt = "send.startDeliveryAt"
    /// The number of destinations, a JSON number.
    case destinations = "send.destinations"
    /// The campaign's `_id`.
    case campaignID = "campaign._id"
    /// The campaign's name at the time of the attempt; `null` if it has no name.
    case campaignName = "campaign.name"
    /// The organisation's number.
    case organisationID = "organisation._id"

    /// Whether the field's value is free text that people write.
    var isFreeText: Bool {
        switch self {
        case .message, .triggeredBy, .campaignName: true
        default: false
        }
    }

    /// Returns the error message for an unknown field name.
    static func unknown(_ name: String) -> String {
        let known = allCases.map(\.rawValue)
        let shown = "has the unknown field {{\(Naming.shown(name))}}"
        if let nearest = NearestName.to(name, among: known) { return "\(shown); did you mean {{\(nearest)}}?" }
        return "\(shown); the known fields are \(known.map { "{{\($0)}}" }.joined(separator: ", "))"
    }
}
