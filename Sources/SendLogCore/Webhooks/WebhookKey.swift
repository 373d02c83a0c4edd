/// Identifies a webhook together with its organisation.
public struct WebhookKey: Hashable, Sendable {
    /// The organisation that the webhook belongs to.
    public let organisation: OrganisationID
    /// The webhook's ID.
    public let id: WebhookID

    /// Creates a key.
    public init(organisation: OrganisationID, id: WebhookID) {
        (self.organisation, self.id) = (organisation, id)
    }
}
