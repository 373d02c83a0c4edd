import Foundation
import NIOCore
import NIOHTTP1
import SendLogContent
import SendLogCore
import SendLogHTTP
import SendLogSQLite
import Testing

@testable import SendLogAPI

/// Checks that the OpenAPI document and the server agree.
@Suite struct APIDocumentTests {
    private let document: [String: Any]
    private let check: SchemaCheck

    init() throws {
        document = try #require(try JSONSerialization.jsonObject(with: Data(APIDocument.bytes)) as? [String: Any])
        check = SchemaCheck(document: document)
    }

    private typealias Object = [String: Any]

    private struct Operation {
        let name: String
        let body: Object
    }

    private var operations: [Operation] {
        (document["paths"] as? [String: Object] ?? [:]).flatMap { path, item in
            item.compactMap { method, body in
                let path = path.replacing("{", with: ":").replacing("}", with: "")
                return (body as? Object).map { Operation(name: "\(method.uppercased()) \(path)", body: $0) }
            }
        }
    }

    private func object(_ value: Any?) -> Object {
        let found = value as? Object ?? [:]
        return (found["$ref"] as? String).map { check.resolve($0) as? Object ?? [:] } ?? found
    }

    /// Returns the examples of a request or response body, each with its schema.
    private func examples(of content: Any?) -> [(media: String, value: Any, schema: Any)] {
        object(content).flatMap { media, content in
            let content = object(content)
            return object(content["examples"]).values.map {
                (media, object($0)["value"] as Any, content["schema"] as Any)
            }
        }
    }

    @Test func `the document and the server have the same routes and permissions`() throws {
        let test = try ServiceUnderTest()
        #expect(document["openapi"] as? String == "3.1.0")
        #expect(object(document["info"])["version"] as? String == ServiceVersion.current)
        #expect(operations.map(\.name).sorted() == test.service.routes.sorted())
        for operation in operations {
            let route = try #require(test.service.table.routes.first { $0.name == operation.name })
            let expected = route.permission.map { [$0.description] } ?? []
            #expect(operation.body["x-permissions"] as? [String] == expected, "\(operation.name)")
            #expect((operation.body["security"] == nil) == (route.permission != nil), "\(operation.name)")
        }
    }

    @Test func `the document and the server have the same error codes, each with its status`() throws {
        var documented: Set<String> = []
        for operation in operations {
            for (status, response) in object(operation.body["responses"]) where (Int(status) ?? 0) >= 400 {
                for example in examples(of: object(response)["content"]) {
                    let code = object(object(example.value)["error"])["code"] as? String ?? "none"
                    documented.insert("\(status) \(code)")
                }
            }
        }
        let errors: [APIError] = [
            .invalidRequest(InvalidInput(path: "x", "y")), .unauthorized, .permissionDenied(.readSendLogs),
            .notFound("x"), .methodNotAllowed("PUT", allow: ["GET"]), .conflict, .payloadTooLarge(limit: 1),
            .rateLimited(retryAfter: 1, resetsAt: 2), .internalError("x"), .unavailable("x", detail: "y"),
            APIError(.expectationUnknown), APIError(.transferEncodingUnknown),
        ]
        #expect(documented == Set(errors.map { "\($0.status.code) \($0.code)" }))
        // The list above must have every error code of the server.
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/SendLogAPI/HTTP/APIError.swift")
        let codes = try String(contentsOf: source, encoding: .utf8).matches(of: /code: "([a-z_]+)"/)
        #expect(Set(codes.map { String($0.output.1) }) == Set(errors.map(\.code)))
        let schemas = object(object(document["components"])["schemas"])
        for error in errors {
            let envelope = try JSONSerialization.jsonObject(with: Data(error.body))
            let matching = schemas.filter {
                $0.key.hasSuffix("Error") && check.faults(envelope, against: $0.value).isEmpty
            }
            #expect(matching.count == 1, "\(error.code) matches \(matching.keys)")
        }
    }

    @Test func `every example matches its schema`() {
        var count = 0
        for operation in operations {
            var contents: [Any?] = [object(operation.body["requestBody"])["content"]]
            contents += object(operation.body["responses"]).values.map { object($0)["content"] }
            for example in contents.flatMap({ examples(of: $0) }) where example.media == "application/json" {
                let faults = check.faults(example.value, against: example.schema)
                #expect(faults.isEmpty, "\(operation.name): \(faults)")
                count += 1
            }
        }
        #expect(count > 20)
    }

    @Test func `the document and the server have the same fields`() throws {
        let schemas = object(object(document["components"])["schemas"])
        let log = object(schemas["NewSendLog"])
        #expect(Set(object(log["properties"]).keys) == known(bySendLog: #"{"zzzzzzzz": 1}"#))
        let search = object(schemas["SearchRequest"])
        let (find, options) = (
            object(object(search["properties"])["find"]), object(object(search["properties"])["options"])
        )
        #expect(Set(object(search["properties"]).keys) == known(bySearch: #"{"zzzzzzzz": 1}"#))
        #expect(Set(object(find["properties"]).keys) == known(bySearch: #"{"find": {"zzzzzzzz": 1}}"#))
        #expect(Set(object(options["properties"]).keys) == known(bySearch: #"{"options": {"zzzzzzzz": 1}}"#))
        let range = object(object(find["properties"])["startDeliveryAt"])
        #expect(
            Set(object(range["properties"]).keys)
                == known(bySearch: #"{"find": {"startDeliveryAt": {"zzzzzzzz": 1}}}"#)
        )
        let sort = object(object(options["properties"])["sort"])
        #expect(Set(object(sort["properties"]).keys) == known(bySearch: #"{"options": {"sort": {"zzzzzzzz": 1}}}"#))
        let required = Set(log["required"] as? [String] ?? [])
        #expect(required == missing(inSendLog: "{}"))
    }

    private func issues(ofSendLog text: String) -> [InputIssue] {
        var parser = SendLogParser(
            ParserContext(ids: SendLogIDSource(), spoolFolder: "/", now: { ServiceUnderTest.now })
        )
        do {
            try Array(text.utf8).withUnsafeBufferPointer { bytes in try parser.feed(bytes) }
            _ = try parser.finish()
            return []
        } catch {
            return (error as? InvalidInput)?.issues ?? []
        }
    }

    private func missing(inSendLog text: String) -> Set<String> {
        Set(issues(ofSendLog: text).filter { $0.message == "is required" }.map(\.path))
    }

    private func known(bySendLog text: String) -> Set<String> {
        names(in: issues(ofSendLog: text).first { $0.path == "zzzzzzzz" })
    }

    private func known(bySearch text: String) -> Set<String> {
        do {
            _ = try SendLogSearch(body: try Array(text.utf8).withUnsafeBufferPointer { try JSONValue(utf8: $0) })
            return []
        } catch {
            return names(in: (error as? InvalidInput)?.issues.first)
        }
    }

    /// Returns the field names that an error about an unknown field lists.
    private func names(in issue: InputIssue?) -> Set<String> {
        let message = issue?.message.split(separator: "the known fields are ").last ?? ""
        return Set(message.matches(of: /"([^"]+)"/).map { String($0.output.1) })
    }

    @Test func `the server's responses match the document`() async throws {
        let test = try ServiceUnderTest()
        let key = try await test.addKey("One").key
        var seen: Set<String> = []
        func send(_ method: HTTPMethod, _ path: String, _ body: String = "") async throws {
            guard case .route(let route, let parameter) = test.service.table.match(method, path[...]) else {
                Issue.record("no route \(path)")
                return
            }
            let request = HTTPRequest(
                method: method,
                target: path,
                headers: [:],
                body: RequestBody(ByteBuffer(string: body))
            )
            let input = RouteInput(request: request, parameter: parameter, key: key, now: ServiceUnderTest.now)
            let response = try await route.handle(input)
            guard let parts = response.body else { return }
            let bytes = parts.flatMap { Array($0.readableBytesView) }
            let operation = try #require(operations.first { $0.name == route.name })
            let documented = object(object(operation.body["responses"])["\(response.status.code)"])
            let content = object(object(documented["content"])["application/json"])
            let value = try JSONSerialization.jsonObject(with: Data(bytes))
            #expect(check.faults(value, against: content["schema"] as Any).isEmpty, "\(route.name)")
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
        try await send(.GET, "/health")
        try await send(.PUT, "/campaigns/c", #"{"name":"January sale"}"#)
        try await send(.GET, "/campaigns/c")
        try await send(.GET, "/campaigns")
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
        try await send(.DELETE, webhook)
        #expect(
            seen.isSuperset(of: [
                "GET /webhooks 200", "POST /webhooks 201", "GET /webhooks/:webhook_id 200",
                "PUT /webhooks/:webhook_id 200", "DELETE /webhooks/:webhook_id 200",
                "POST /webhooks/:webhook_id/test 200", "GET /webhooks/:webhook_id/deliveries 200",
                "POST /webhooks/:webhook_id/deliveries/:delivery_id/redeliver 200",
                "POST /send-logs 201", "POST /send-logs 200", "POST /send-logs/import 200",
                "POST /send-logs/search 200",
                "GET /send-logs/:send_id 200", "GET /health 200", "PUT /campaigns/:campaign_id 200",
                "GET /campaigns/:campaign_id 200", "GET /campaigns 200",
            ])
        )
    }
}
