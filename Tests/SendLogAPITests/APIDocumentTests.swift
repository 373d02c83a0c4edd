import Foundation
import NIOHTTP1
import SendLogContent
import SendLogCore
import SendLogHTTP
import Testing

@testable import SendLogAPI

/// Checks that the OpenAPI document and the server agree.
@Suite struct APIDocumentTests {
    let document: [String: Any]
    let check: SchemaCheck

    init() throws {
        document = try #require(try JSONSerialization.jsonObject(with: Data(APIDocument.bytes)) as? [String: Any])
        check = SchemaCheck(document: document)
    }

    typealias Object = [String: Any]

    struct Operation {
        let name: String
        let body: Object
    }

    var operations: [Operation] {
        (document["paths"] as? [String: Object] ?? [:]).flatMap { path, item in
            item.compactMap { method, body in
                let path = path.replacing("{", with: ":").replacing("}", with: "")
                return (body as? Object).map { Operation(name: "\(method.uppercased()) \(path)", body: $0) }
            }
        }
    }

    func object(_ value: Any?) -> Object {
        let found = value as? Object ?? [:]
        return (found["$ref"] as? String).map { check.resolve($0) as? Object ?? [:] } ?? found
    }

    /// Returns the examples of a request or response body, each with its schema.
    func examples(of content: Any?) -> [(media: String, value: Any, schema: Any)] {
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
            #expect((operation.body["security"] == nil) == !route.isPublic, "\(operation.name)")
            // Of these, each route refuses the encoding of a body, also if it does not read the body.
            let statuses: Set = ["400", "405", "415", "417", "501"]
            #expect(statuses.isSubset(of: object(operation.body["responses"]).keys), "\(operation.name)")
        }
    }

    @Test func `the document and the server have the same query parameters`() throws {
        let routes = try ServiceUnderTest().service.table.routes
        for operation in operations {
            let route = try #require(routes.first { $0.name == operation.name })
            let rule = try #require(route.query)
            let parameters = (operation.body["parameters"] as? [Any] ?? []).map(object)
            let documented = parameters.filter { $0["in"] as? String == "query" }.compactMap { $0["name"] as? String }
            let fault = #expect(throws: InvalidInput.self, "\(operation.name)") { try rule.check("zzzzzzzz") }
            #expect(names(in: fault?.issues.first) == Set(documented), "\(operation.name)")
        }
    }

    @Test func `the document and the server have the same error codes, each with its status`() throws {
        var documented: Set<String> = []
        for operation in operations {
            for (status, response) in object(operation.body["responses"]) where (Int(status) ?? 0) >= 400 {
                let description = object(response)["description"] as? String ?? ""
                for example in examples(of: object(response)["content"]) {
                    let code = object(object(example.value)["error"])["code"] as? String ?? "none"
                    documented.insert("\(status) \(code)")
                    #expect(description.hasPrefix("`\(code)`: "))
                }
            }
        }
        let errors: [APIError] = [
            .invalidRequest(InvalidInput(path: "x", "y")), .unauthorized, .permissionDenied(.readSendLogs),
            .notFound("x"), .methodNotAllowed("PUT", allow: ["GET"]), .conflict([]), .idempotencyInProgress,
            .idempotencyKeyReused, .unsupportedMediaType, .payloadTooLarge(limit: 1),
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
            let envelope = try JSONSerialization.jsonObject(with: Data(error.body(requestID: "id")))
            let faults = check.faults(envelope, against: schemas["ErrorEnvelope"] as Any)
            #expect(faults.isEmpty, "\(error.code): \(faults)")
        }
        let code = object(schemas["ErrorCode"])
        #expect((code["enum"] as? [String]).map(Set.init) == Set(errors.map(\.code)))
        let table = (code["description"] as? String ?? "").matches(of: /\| `([a-z_]+)` \| ([0-9]+) \|/)
        #expect(Set(table.map { "\($0.output.2) \($0.output.1)" }) == documented)
    }

    @Test func `no object of the document has a name twice`() throws {
        func expectUnique(_ value: JSONValue, _ path: String) {
            switch value {
            case .object(let members):
                let names = members.map(\.name)
                #expect(Set(names).count == names.count, "\(path): \(names)")
                for member in members { expectUnique(member.value, "\(path)/\(member.name)") }
            case .array(let values): for value in values { expectUnique(value, path) }
            default: break
            }
        }
        expectUnique(try APIDocument.bytes.withUnsafeBufferPointer { try JSONValue(utf8: $0) }, "")
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
        for (name, body) in [
            "SearchRequest": #"{"zzzzzzzz": 1}"#, "Find": #"{"find": {"zzzzzzzz": 1}}"#,
            "DateRange": #"{"find": {"startDeliveryAt": {"zzzzzzzz": 1}}}"#,
            "SearchOptions": #"{"options": {"zzzzzzzz": 1}}"#, "SearchSort": #"{"options": {"sort": {"zzzzzzzz": 1}}}"#,
        ] {
            let known = self.known(by: body) { try SendLogSearch(body: $0) }
            #expect(Set(object(object(schemas[name])["properties"]).keys) == known, "\(name)")
        }
        for (name, body) in [
            "CampaignSearch": #"{"zzzzzzzz": 1}"#, "CampaignFind": #"{"find": {"zzzzzzzz": 1}}"#,
            "CampaignOptions": #"{"options": {"zzzzzzzz": 1}}"#,
            "CampaignOrder": #"{"options": {"sort": {"zzzzzzzz": 1}}}"#,
        ] {
            let known = self.known(by: body) { try CampaignQuery(body: $0) }
            #expect(Set(object(object(schemas[name])["properties"]).keys) == known, "\(name)")
        }
        for (names, body) in [
            (["Comparison"], #"{"zzzzzzzz": 1}"#), (["ComparisonOptions"], #"{"options": {"zzzzzzzz": 1}}"#),
            (
                ["AudienceOfSend", "AudienceOfCampaigns", "AudienceOfTime", "AudienceOfList"],
                #"{"a": {"zzzzzzzz": 1}}"#
            ),
        ] {
            let known = self.known(by: body) { try AudienceComparison(body: $0, counts: [:], issues: []) }
            let documented = names.flatMap { object(object(schemas[$0])["properties"]).keys }
            #expect(Set(documented) == known, "\(names)")
        }
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

    private func known<Value>(by text: String, _ parse: (JSONValue) throws -> Value) -> Set<String> {
        do {
            _ = try parse(try Array(text.utf8).withUnsafeBufferPointer { try JSONValue(utf8: $0) })
            return []
        } catch {
            return names(in: (error as? InvalidInput)?.issues.first)
        }
    }

    /// Returns the names that an error about an unknown field, operator or parameter lists.
    private func names(in issue: InputIssue?) -> Set<String> {
        let list = issue?.message.split(separator: "the known ").last ?? ""
        return Set(list.matches(of: /"([^"]+)"/).map { String($0.output.1) })
    }
}
