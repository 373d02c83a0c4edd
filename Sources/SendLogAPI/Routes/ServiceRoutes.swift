import NIOHTTP1
import SendLogCore
import SendLogServices

/// The routes for the service itself, which require no key.
struct ServiceRoutes {
    let store: any LogReader
    let metrics: ServiceMetrics
    let webhooks: WebhookService

    private static let document = PrecompressedBody(APIDocument.bytes)

    var routes: [Route] {
        [
            Route(.GET, "/health", runsOnEventLoop: Route.always) { _ in
                try await store.ping()
                var body: [UInt8] = []
                body.append("{\"ok\":true,\"data\":{\"status\":\"ok\",\"version\":")
                body.appendJSON(ServiceVersion.current)
                body.append("}}")
                return Response(body: body)
            },
            Route(.GET, "/metrics") { _ in
                Response(
                    type: "text/plain; version=0.0.4; charset=utf-8",
                    body: Array(metrics.text(webhooks.attempts).utf8)
                )
            },
            Route(.GET, "/openapi.json", runsOnEventLoop: Route.always) { input in
                Response(Self.document, type: "application/json", for: input.request)
            },
        ]
    }
}
