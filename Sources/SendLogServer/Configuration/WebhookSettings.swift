public import SendLogWebhooks

/// The settings of webhook delivery.
public struct WebhookSettings: Sendable {
    /// The addresses that webhooks may connect to.
    public let rules: AddressRules
    /// The timeout of an attempt, in seconds.
    public let timeout: Int
    /// The retry schedule.
    public let schedule: RetrySchedule
    /// The maximum number of webhooks with metrics of their own; 0 for none.
    public let maxMetrics: Int
    /// The limits of this server.
    public let limits: WebhookDispatcher.Limits

    /// Reads the settings.
    ///
    /// - Throws: ``ConfigurationError`` that names the invalid setting.
    init(_ sources: ConfigurationSources) throws(ConfigurationError) {
        rules = try sources.parsed(.webhookAllow) { text, name throws(ConfigurationError) in
            do throws(AddressRules.InvalidEntry) { return try AddressRules(allowing: text) } catch {
                let rule = "networks such as 10.0.0.0/8, addresses and host names, separated by commas"
                throw .network(error.part, of: name, rule: rule)
            }
        }
        timeout = sources.number(.webhookTimeout)
        schedule = RetrySchedule(window: sources.number(.webhookRetrySeconds))
        maxMetrics = sources.number(.webhookMaxMetrics)
        limits = WebhookDispatcher.Limits(
            workers: sources.number(.webhookWorkers),
            leaseSeconds: sources.number(.webhookLease),
            timeoutSeconds: timeout,
            keepDays: sources.number(.webhookKeepDays)
        )
        let shortest = timeout + WebhookDispatcher.Limits.leaseMargin + 1
        guard limits.leaseSeconds >= shortest else {
            throw ConfigurationError(
                "\(sources.name(of: .webhookLease)) must be at least \(shortest), which is webhooks.timeout plus 3: a lease must outlast an attempt"
            )
        }
    }
}
