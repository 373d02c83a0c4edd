/// Owner of webhook ids.
public enum WebhookOwner {}

/// The `_id` of a webhook, unique everywhere.
public typealias WebhookID = Identifier<WebhookOwner>
