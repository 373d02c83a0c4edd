import NIOHTTP1
import SendLogCore
import SendLogRecipients
import SendLogServices

/// The routes for the service itself, which require no key.
struct ServiceRoutes {
    let store: any LogReader
    let metrics: ServiceMetrics
    let webhooks: WebhookService
    /// The lag of the recipient indexes; `nil` if they are off.
    let recipientIndexLag: GaugeCache<RecipientIndexLag>?
    let basePath: String

    var routes: [Route] {
        let document = PrecompressedBody(APIDocument.bytes(below: basePath))
        return [
            Route(.GET, "/health", runsOnEventLoop: Route.always) { input in
                try await store.ping()
                return .success(for: input) { bytes in
                    bytes += "{\"status\":\"ok\",\"version\":\"\(ServiceVersion.current)\"}".utf8
                }
            },
            Route(.GET, "/metrics") { _ in
                let (attempts, reading) = (webhooks.attempts, await webhooks.gauges.reading())
                let lag = await recipientIndexLag?.reading()
                let text =
                    metrics.text(attempts.total) + WebhookMetrics.text(reading, attempts)
                    + RecipientIndexMetrics.text(lag)
                return Response(type: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8))
            },
            Route(.GET, "/openapi.json", runsOnEventLoop: Route.always) { input in
                Response(document, type: "application/json", for: input.request)
            },
        ]
    }
}
