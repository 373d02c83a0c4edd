/// The tag of webhook IDs.
public enum WebhookTag {}

/// The `_id` of a webhook, unique everywhere.
public typealias WebhookID = Identifier<WebhookTag>
