/// What a worker did for a webhook that it took.
public struct WebhookReport: Sendable {
    /// Who it is.
    public let holder: String
    /// The webhook's version that it worked with.
    public var version: Int
    /// How far it has come now.
    public var progress: WebhookProgress
    /// The deliveries that changed.
    public var deliveries: [Delivery]
    /// Until when it keeps the webhook; `nil` where it gives it back.
    public var end: Timestamp?

    /// Makes a report of its parts.
    public init(
        holder: String,
        version: Int,
        progress: WebhookProgress,
        deliveries: [Delivery] = [],
        end: Timestamp?
    ) {
        self.holder = holder
        self.version = version
        self.progress = progress
        self.deliveries = deliveries
        self.end = end
    }
}
