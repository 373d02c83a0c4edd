/// A complete store: every store protocol together.
///
/// Parts of the program take only the protocols that they use.
public typealias Store = LogReader & LogWriter & SendLogDeleter & CampaignStore & OrganisationStore & KeyStore
    & SessionStore & WebhookStore & WebhookLeaseStore & RecordingTimeStore & IdempotencyStore & RecipientLinkStore
    & DatabaseSizeReader & Maintenance
