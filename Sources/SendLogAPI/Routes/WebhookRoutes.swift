import NIOHTTP1
package import SendLogCore
import SendLogHTTP
import SendLogServices

/// The routes for webhooks and their deliveries.
struct WebhookRoutes {
    let service: WebhookService
    /// The maximum length of a webhook's request body in bytes.
    static let maxBodyLength = 262_144

    var routes: [Route] {
        let one = "/webhooks/:webhook_id"
        return [
            Route(.GET, "/webhooks", permission: .readWebhooks, handle: list),
            Route(.POST, "/webhooks", permission: .createWebhooks, maxBodyLength: Self.maxBodyLength, handle: create),
            Route(.GET, one, permission: .readWebhooks, handle: get),
            Route(.PUT, one, permission: .updateWebhooks, maxBodyLength: Self.maxBodyLength, handle: change),
            Route(.DELETE, one, permission: .deleteWebhooks, handle: delete),
            Route(.POST, "\(one)/test", permission: .updateWebhooks, maxBodyLength: 16_384, handle: test),
            Route(.GET, "\(one)/deliveries", permission: .readWebhooks, handle: deliveries),
            Route(.POST, "\(one)/deliveries/:delivery_id/redeliver", permission: .updateWebhooks, handle: redeliver),
        ]
    }

    @Sendable private func list(_ input: RouteInput) async throws -> Response {
        try QueryString(input.request.query).expect(only: [])
        let organisation = try input.organisation()
        let webhooks = try await service.store.webhooks(in: organisation)
        let backlogs = try await service.backlogs(of: webhooks, in: organisation)
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":{\"webhooks\":[")
        for (index, webhook) in webhooks.enumerated() {
            if index > 0 { bytes.append(",") }
            webhook.write(backlog: backlogs[index], to: &bytes)
        }
        bytes.append("]}}")
        return Response(body: bytes)
    }

    @Sendable private func create(_ input: RouteInput) async throws -> Response {
        let requested = try WebhookInput(try await RequestBodyReader.json(input))
        let (webhook, secret) = try await service.create(requested, in: try input.organisation(), at: input.now)
        return Self.response(webhook, secret, backlog: 0, status: .created)
    }

    @Sendable private func get(_ input: RouteInput) async throws -> Response {
        let webhook = try await find(input)
        return Self.response(webhook, nil, backlog: try await service.backlog(of: webhook))
    }

    @Sendable private func change(_ input: RouteInput) async throws -> Response {
        let present = try await find(input)
        let json = try await RequestBodyReader.json(input)
        let changed: (webhook: Webhook, secret: WebhookSecret?)
        do {
            changed = try await service.change(present.id, json, in: present.organisation, at: input.now)
        } catch let error as StoreError {
            throw APIError.noWebhook(present.id.text).ifNotFound(error)
        }
        return Self.response(
            changed.webhook,
            changed.secret,
            backlog: try await service.backlog(of: changed.webhook)
        )
    }

    @Sendable private func delete(_ input: RouteInput) async throws -> Response {
        let (id, organisation) = (try input.webhookID(part: 1), try input.organisation())
        do throws(StoreError) { try await service.store.deleteWebhook(id, in: organisation) } catch {
            throw APIError.noWebhook(id.text).ifNotFound(error)
        }
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":{\"_id\":")
        bytes.appendJSON(id.text)
        bytes.append(",\"deleted\":true}}")
        return Response(body: bytes)
    }

    @Sendable private func test(_ input: RouteInput) async throws -> Response {
        let webhook = try await find(input)
        let send = try Self.sendID(try await RequestBodyReader.json(input))
        do {
            let delivery = try await service.test(webhook.id, with: send, in: webhook.organisation, at: input.now)
            return Self.response(delivery, of: webhook.id)
        } catch let error as StoreError {
            throw APIError.noSendLog(send?.text ?? "").ifNotFound(error)
        }
    }

    @Sendable private func deliveries(_ input: RouteInput) async throws -> Response {
        let webhook = try await find(input)
        let query = QueryString(input.request.query)
        try query.expect(only: ["state", "before", "limit"])
        var state: Delivery.State?
        if let text = query["state"] {
            guard let known = Delivery.State(rawValue: text) else {
                let names = Delivery.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw InvalidInput(path: "state", "must be one of \(names); it is \"\(text.prefix(20))\"")
            }
            state = known
        }
        var before: DeliveryID?
        if let text = query["before"] {
            guard let id = DeliveryID(text) else {
                throw InvalidInput(path: "before", "must be the _id of a delivery; use next of the previous page")
            }
            before = id
        }
        let limit = try query.number("limit", in: 1...1000) ?? 100
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":{\"deliveries\":[")
        var (count, next): (Int, DeliveryID?) = (0, before)
        // The stored responses of receivers may be long: read in batches, and end the page early.
        while count < limit, bytes.count < Self.maxPageBytes {
            let requested = min(limit - count, Self.readBatchSize)
            let found = try await service.store.deliveries(
                of: webhook.id,
                in: webhook.organisation,
                state: state,
                before: next,
                limit: requested
            )
            for delivery in found {
                if count > 0 { bytes.append(",") }
                delivery.write(webhook: webhook.id, to: &bytes)
                count += 1
            }
            next = found.count == requested ? found.last?.id : nil
            if next == nil { break }
        }
        bytes.append("],\"next\":")
        if let next { bytes.appendJSON(next.description) } else { bytes.append("null") }
        bytes.append("}}")
        return Response(body: bytes)
    }

    /// The number of bytes after which a page of deliveries ends, even below its limit.
    private static let maxPageBytes = 4 << 20
    /// The number of deliveries to read per batch.
    private static let readBatchSize = 50

    @Sendable private func redeliver(_ input: RouteInput) async throws -> Response {
        let webhook = try await find(input)
        let missing = APIError.notFound("delivery \(input.parameter.prefix(64)) not found")
        guard let id = DeliveryID(input.parameter) else { throw missing }
        do {
            let delivery = try await service.redeliver(id, of: webhook.id, in: webhook.organisation, at: input.now)
            return Self.response(delivery, of: webhook.id)
        } catch let error as StoreError {
            throw missing.ifNotFound(error)
        }
    }

    // MARK: - Parts of requests and responses

    private func find(_ input: RouteInput) async throws -> Webhook {
        let (id, organisation) = (try input.webhookID(part: 1), try input.organisation())
        do throws(StoreError) { return try await service.store.webhook(id, in: organisation) } catch {
            throw APIError.noWebhook(id.text).ifNotFound(error)
        }
    }

    /// Parses `{"send_id": …}` or an empty object.
    private static func sendID(_ value: JSONValue) throws(InvalidInput) -> SendLogID? {
        guard case .object(let members) = value else {
            throw InvalidInput(path: "", "must be an object, not \(value.kind)")
        }
        for member in members where member.name != "send_id" {
            throw InvalidInput(
                path: String(member.name.prefix(64)),
                "is not a known field; the only known field is \"send_id\""
            )
        }
        if members.count > 1 { throw InvalidInput(path: "send_id", "must be given only once") }
        guard let member = members.first, member.value != .scalar(.null) else { return nil }
        guard case .string(let text) = member.value else {
            throw InvalidInput(path: "send_id", "must be a string, not \(member.value.kind)")
        }
        guard let id = SendLogID(text) else { throw InvalidInput(path: "send_id", SendLogID.rule) }
        return id
    }

    private static func response(
        _ webhook: Webhook,
        _ secret: WebhookSecret?,
        backlog: Int,
        status: HTTPResponseStatus = .ok
    ) -> Response {
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":")
        webhook.write(backlog: backlog, to: &bytes)
        if let secret {
            bytes.removeLast()
            bytes.append(",\"secret\":")
            bytes.appendJSON(secret.text)
            bytes.append("}")
        }
        bytes.append("}")
        return Response(status: status, body: bytes)
    }

    private static func response(_ delivery: Delivery, of webhook: WebhookID) -> Response {
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":")
        delivery.write(webhook: webhook, to: &bytes)
        bytes.append("}")
        return Response(body: bytes)
    }
}

extension RouteInput {
    /// Returns the webhook ID in the path.
    ///
    /// - Parameter part: the index of the path segment, from 0; ``parameter`` may be a delivery's ID
    /// - Returns: the ID.
    /// - Throws: ``APIError/noWebhook(_:)``.
    package func webhookID(part: Int) throws(APIError) -> WebhookID {
        let parts = request.path.split(separator: "/")
        guard parts.count > part, let id = WebhookID(String(parts[part])) else { throw .noWebhook() }
        return id
    }
}

extension APIError {
    /// Returns the error for an unknown webhook; webhooks of other organisations count as unknown.
    package static func noWebhook(_ id: String? = nil) -> APIError {
        .notFound("webhook\(id.map { " \($0)" } ?? "") not found")
    }
}
