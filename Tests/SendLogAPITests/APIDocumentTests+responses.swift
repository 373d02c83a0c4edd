import Foundation
import NIOCore
import NIOHTTP1
import SendLogCore
import SendLogHTTP
import SendLogSQLite
import Testing

@testable import SendLogAPI

/// Responses of the server, compared with the document.
extension APIDocumentTests {
    @Test func `the server's responses match the document`() async throws {
        let test = try ServiceUnderTest()
        let key = try await test.addKey("One").key
        var seen: Set<String> = []
        func send(_ method: HTTPMethod, _ path: String, _ body: String = "") async throws {
            guard case .route(let index, let parameter) = test.service.table.match(method, path[...]) else {
                Issue.record("no route \(path)")
                return
            }
            let route = test.service.table.routes[index]
            let request = HTTPRequest(
                method: method,
                target: path,
                headers: [:],
                body: RequestBody(ByteBuffer(string: body))
            )
            let input = RouteInput(
                request: request,
                parameter: parameter,
                key: key,
                now: ServiceUnderTest.now,
                requestID: "id"
            )
            let response = try await route.handle(input)
            guard let parts = response.body else { return }
            let bytes = parts.flatMap { Array($0.readableBytesView) }
            let operation = try #require(operations.first { $0.name == route.name })
            let documented = object(object(operation.body["responses"])["\(response.status.code)"])
            let content = object(object(documented["content"])["application/json"])
            let value = try JSONSerialization.jsonObject(with: Data(bytes))
            let faults = check.faults(value, against: content["schema"] as Any)
            #expect(faults.isEmpty, "\(route.name): \(faults)")
            seen.insert("\(route.name) \(response.status.code)")
        }
        for operation in operations {
            for example in examples(of: object(operation.body["requestBody"])["content"]) {
                let json = example.value is String ? nil : try JSONSerialization.data(withJSONObject: example.value)
                let body = json.map { String(decoding: $0, as: UTF8.self) } ?? "\(example.value)"
                let name = operation.name.split(separator: " ")
                let path = name[1].replacing(":campaign_id", with: "5f5a1d8d2e0e4c6c8c0c0c0c")
                // These need a campaign with a send, or a webhook; their requests follow below.
                if operation.name.hasPrefix("PUT") || operation.name.contains(":webhook_id") { continue }
                try await send(HTTPMethod(rawValue: String(name[0])), String(path), body)
            }
        }
        let log =
            #"{"_id":"a","campaign_id":"c","message":"","triggeredBy":"api","startDeliveryAt":"2022-01-01","destinations":[]}"#
        try await send(.POST, "/send-logs", log)
        try await send(.POST, "/send-logs", log)
        try await send(.GET, "/send-logs/a")
        try await send(.POST, "/recipients/compare", #"{"a":{"send_id":"a"},"b":{"destinations":["1"]}}"#)
        try await send(.GET, "/health")
        try await send(.PUT, "/campaigns/c", #"{"name":"January sale"}"#)
        try await send(.GET, "/campaigns/c")
        try await send(.GET, "/campaigns")
        try await send(.POST, "/campaigns/search", #"{"find":{"search":"sale"},"options":{"sort":"-sends"}}"#)
        for path in ["/whoami", "/balance", "/tags", "/openapi.json"] { try await send(.GET, path) }
        let organisation = key.organisation
        let webhook = "/webhooks/\(try #require(try await test.store.webhooks(in: organisation).first).id)"
        try await send(.GET, "/webhooks")
        try await send(.GET, webhook)
        try await send(.PUT, webhook, #"{"active":true,"rotateSecret":true}"#)
        try await send(.POST, "\(webhook)/test", #"{"send_id":"a"}"#)
        try await send(.GET, "\(webhook)/deliveries")
        let id = try #require(WebhookID(String(webhook.dropFirst("/webhooks/".count))))
        let delivery = try #require(
            try await test.store.deliveries(of: id, in: organisation, state: nil, before: nil, limit: 1).first
        )
        try await send(.POST, "\(webhook)/deliveries/\(delivery.id)/redeliver")
        try await send(.POST, "\(webhook)/redeliver", #"{"state":"failed","from":"2022-01-31"}"#)
        try await send(.POST, "\(webhook)/replay", #"{"after":0}"#)
        let range = ReplayRange(
            id: try #require(SendLogID("a")),
            kind: .all,
            after: SequenceNumber(0),
            through: SequenceNumber(9)
        )
        _ = try await test.store.setReplays(of: id, in: organisation) { _ in [range] }
        try await send(.GET, webhook)
        try await send(.DELETE, "\(webhook)/replays")
        try await send(.DELETE, webhook)
        #expect(
            seen.isSuperset(of: [
                "GET /webhooks 200", "POST /webhooks 201", "GET /webhooks/:webhook_id 200",
                "PUT /webhooks/:webhook_id 200", "DELETE /webhooks/:webhook_id 200",
                "POST /webhooks/:webhook_id/test 200", "GET /webhooks/:webhook_id/deliveries 200",
                "POST /webhooks/:webhook_id/deliveries/:delivery_id/redeliver 200",
                "POST /webhooks/:webhook_id/redeliver 200", "POST /webhooks/:webhook_id/replay 200",
                "DELETE /webhooks/:webhook_id/replays 200",
                "POST /send-logs 201", "POST /send-logs 200", "POST /send-logs/import 200",
                "POST /send-logs/search 200", "POST /recipients/compare 200",
                "GET /send-logs/:send_id 200", "GET /health 200", "PUT /campaigns/:campaign_id 200",
                "GET /campaigns/:campaign_id 200", "GET /campaigns 200", "POST /campaigns/search 200",
                "GET /whoami 200", "GET /balance 200", "GET /tags 200", "GET /openapi.json 200",
            ])
        )
    }
}
