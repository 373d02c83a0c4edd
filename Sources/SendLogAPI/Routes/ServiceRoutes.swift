import NIOHTTP1
import SendLogCore

/// The routes about the service itself, for which no key is needed.
struct ServiceRoutes {
    let directory: any Directory
    let metrics: ServiceMetrics
    let client: any WebhookClient

    private static let document = Packed(APIDocument.bytes)

    var routes: [Route] {
        [
            Route(.GET, "/health", isShort: Route.always) { _ in
                try await directory.ping()
                var body: [UInt8] = []
                body.append("{\"ok\":true,\"data\":{\"status\":\"ok\",\"version\":")
                body.appendJSON(ServiceVersion.current)
                body.append("}}")
                return Answer(body: body)
            },
            Route(.GET, "/metrics") { _ in
                Answer(type: "text/plain; version=0.0.4; charset=utf-8", body: Array(metrics.text(client.tally).utf8))
            },
            Route(.GET, "/openapi.json", isShort: Route.always) { input in
                Answer(Self.document, type: "application/json", for: input.request)
            },
        ]
    }
}

/// The OpenAPI document of this service, which lies in the binary.
public enum APIDocument {
    /// The document in JSON.
    public static var bytes: [UInt8] { PackageResources.openapi_json }
}
