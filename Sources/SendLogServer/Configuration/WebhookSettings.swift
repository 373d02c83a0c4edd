public import SendLogWebhooks

/// How webhooks are delivered.
public struct WebhookSettings: Sendable {
    /// Where they may go.
    public let rules: AddressRules
    /// How many seconds a receiver has to answer.
    public let timeout: Int
    /// When deliveries are tried again.
    public let schedule: RetrySchedule
    /// How much this server does for webhooks.
    public let limits: WebhookDispatcher.Limits

    /// Reads the settings.
    ///
    /// - Throws: ``ConfigurationError`` that names the setting which cannot be used.
    init(_ sources: ConfigurationSources) throws(ConfigurationError) {
        let allowed = try sources.text(.webhookAllow) ?? ""
        do throws(AddressRules.Refusal) {
            rules = try AddressRules(allowing: allowed)
        } catch {
            let name = sources.name(of: .webhookAllow)
            throw ConfigurationError(
                "\(name) must be networks such as 10.0.0.0/8, addresses and names of hosts, with commas between them; \(error.part) is none"
            )
        }
        timeout = try sources.number(.webhookTimeout) ?? 10
        schedule = RetrySchedule(window: try sources.number(.webhookRetry) ?? 86_400)
        limits = WebhookDispatcher.Limits(
            workers: try sources.number(.webhookWorkers) ?? 256,
            leaseSeconds: try sources.number(.webhookLease) ?? 20,
            timeoutSeconds: timeout,
            keepDays: try sources.number(.webhookKeep) ?? 30
        )
        let shortest = timeout + WebhookDispatcher.Limits.leaseMargin + 1
        guard limits.leaseSeconds >= shortest else {
            throw ConfigurationError(
                "\(sources.name(of: .webhookLease)) must be at least \(shortest), 3 more than webhooks.timeout: a lease must outlast an attempt"
            )
        }
    }
}
