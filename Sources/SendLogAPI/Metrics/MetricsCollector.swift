import SendLogCore
import SendLogRecipients
import SendLogServices

/// Collects the metrics of a server for a scrape, which neither fails nor waits for long if the database does.
struct MetricsCollector: Sendable {
    private let service: ServiceMetrics
    private let webhooks: WebhookService
    /// Whether the database answers.
    private let ping: GaugeCache<Bool>
    private let size: GaugeCache<DatabaseSize>
    /// The lag of the recipient indexes; `nil` if they are off.
    private let recipientIndexLag: GaugeCache<RecipientIndexLag>?
    /// Returns the metrics of the process and its connections.
    private let process: @Sendable () -> [MetricFamily]

    /// The time for which the size of the database is used, as PostgreSQL looks at each of its files.
    private static let sizeLifetime = Duration.seconds(60)

    init(
        store: any LogReader & RecipientIndexStore & DatabaseSizeReader,
        service: ServiceMetrics,
        webhooks: WebhookService,
        recipientIndex: Bool,
        process: @escaping @Sendable () -> [MetricFamily]
    ) {
        (self.service, self.webhooks, self.process) = (service, webhooks, process)
        ping = GaugeCache {
            try await store.ping()
            return true
        }
        size = GaugeCache(lifetime: Self.sizeLifetime) { try await store.databaseSize() }
        recipientIndexLag = recipientIndex ? GaugeCache { try await store.recipientIndexLag() } : nil
    }

    /// Returns the text of all metrics; those that need the database are missing while it is unavailable.
    func text() async -> String {
        async let isUp = ping.reading() ?? false
        async let size = self.size.reading()
        async let reading = webhooks.gauges.reading()
        async let lag = recipientIndexLag?.reading()
        let attempts = webhooks.attempts
        var families = [Self.buildInfo] + process() + service.families(attempts.total)
        families += DatabaseMetrics.families(isUp: await isUp, size: await size)
        families += WebhookMetrics.families(await reading, attempts)
        families += RecipientIndexMetrics.families(await lag)
        return families.map(\.text).joined()
    }

    private static let buildInfo = {
        var family = MetricFamily("sendlog_build_info", .gauge, "The version of the server, as a label.")
        family.add(1, [("version", ServiceVersion.current)])
        return family
    }()
}
