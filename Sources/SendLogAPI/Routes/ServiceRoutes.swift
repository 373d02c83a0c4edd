import NIOHTTP1
import SendLogCore

/// The routes for the service itself, which require no key.
struct ServiceRoutes {
    let store: any LogReader
    let metrics: MetricsCollector
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
                Response(type: "text/plain; version=0.0.4; charset=utf-8", body: Array(await metrics.text().utf8))
            },
            Route(.GET, "/openapi.json", runsOnEventLoop: Route.always) { input in
                Response(document, type: "application/json", for: input.request)
            },
        ]
    }
}
