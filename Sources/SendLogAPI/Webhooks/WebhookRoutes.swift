import NIOHTTP1
package import SendLogCore
import SendLogHTTP

/// The routes about webhooks and their deliveries.
struct WebhookRoutes {
    let service: WebhookService
    /// The longest body of a webhook in bytes.
    static let longestBody = 262_144

    var routes: [Route] {
        let one = "/webhooks/:webhook_id"
        return [
            Route(.GET, "/webhooks", permission: .readWebhooks, handle: list),
            Route(.POST, "/webhooks", permission: .createWebhooks, longestBody: Self.longestBody, handle: create),
            Route(.GET, one, permission: .readWebhooks, handle: get),
            Route(.PUT, one, permission: .updateWebhooks, longestBody: Self.longestBody, handle: change),
            Route(.DELETE, one, permission: .deleteWebhooks, handle: delete),
            Route(.POST, "\(one)/test", permission: .updateWebhooks, longestBody: 16_384, handle: test),
            Route(.GET, "\(one)/deliveries", permission: .readWebhooks, handle: deliveries),
            Route(.POST, "\(one)/deliveries/:delivery_id/redeliver", permission: .updateWebhooks, handle: redeliver),
        ]
    }

    @Sendable private func list(_ input: RouteInput) async throws -> Answer {
        try QueryString(input.request.query).expect(only: [])
        let organisation = try input.organisation()
        let (webhooks, head) = (
            try await service.store.webhooks(in: organisation), try await service.head(of: organisation)
        )
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":{\"webhooks\":[")
        for (place, webhook) in webhooks.enumerated() {
            if place > 0 { bytes.append(",") }
            webhook.write(head: head, to: &bytes)
        }
        bytes.append("]}}")
        return Answer(body: bytes)
    }

    @Sendable private func create(_ input: RouteInput) async throws -> Answer {
        let wanted = try WebhookInput(try await RequestBodyReader.json(input))
        let (webhook, secret) = try await service.create(wanted, in: try input.organisation(), at: input.now)
        return Self.answer(webhook, secret, head: webhook.progress.cursor, status: .created)
    }

    @Sendable private func get(_ input: RouteInput) async throws -> Answer {
        let webhook = try await find(input)
        return Self.answer(webhook, nil, head: try await service.head(of: webhook.organisation))
    }

    @Sendable private func change(_ input: RouteInput) async throws -> Answer {
        let present = try await find(input)
        let json = try await RequestBodyReader.json(input)
        let changed: (webhook: Webhook, secret: WebhookSecret?)
        do {
            changed = try await service.change(present.id, json, in: present.organisation, at: input.now)
        } catch let error as StoreError {
            throw APIError.noWebhook(present.id.text).ifNotFound(error)
        }
        let head = try await service.head(of: present.organisation)
        return Self.answer(changed.webhook, changed.secret, head: head)
    }

    @Sendable private func delete(_ input: RouteInput) async throws -> Answer {
        let (id, organisation) = (try input.webhookID(part: 1), try input.organisation())
        do throws(StoreError) { try await service.store.deleteWebhook(id, in: organisation) } catch {
            throw APIError.noWebhook(id.text).ifNotFound(error)
        }
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":{\"_id\":")
        bytes.appendJSON(id.text)
        bytes.append(",\"deleted\":true}}")
        return Answer(body: bytes)
    }

    @Sendable private func test(_ input: RouteInput) async throws -> Answer {
        let webhook = try await find(input)
        let send = try Self.sendID(try await RequestBodyReader.json(input))
        do {
            let delivery = try await service.test(webhook.id, with: send, in: webhook.organisation, at: input.now)
            return Self.answer(delivery, of: webhook.id)
        } catch let error as StoreError {
            throw APIError.noSendLog(send?.text ?? "").ifNotFound(error)
        }
    }

    @Sendable private func deliveries(_ input: RouteInput) async throws -> Answer {
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
                throw InvalidInput(path: "before", "must be the _id of a delivery, as next says it")
            }
            before = id
        }
        let limit = try query.number("limit", in: 1...1000) ?? 100
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":{\"deliveries\":[")
        var (count, next): (Int, DeliveryID?) = (0, before)
        // Answers of receivers may be long: some are read at a time, and a page ends early.
        while count < limit, bytes.count < Self.longestPage {
            let wanted = min(limit - count, Self.mostAtOnce)
            let found = try await service.store.deliveries(
                of: webhook.id,
                in: webhook.organisation,
                state: state,
                before: next,
                limit: wanted
            )
            for delivery in found {
                if count > 0 { bytes.append(",") }
                delivery.write(webhook: webhook.id, to: &bytes)
                count += 1
            }
            next = found.count == wanted ? found.last?.id : nil
            if next == nil { break }
        }
        bytes.append("],\"next\":")
        if let next { bytes.appendJSON(next.description) } else { bytes.append("null") }
        bytes.append("}}")
        return Answer(body: bytes)
    }

    /// After how many bytes a page of deliveries ends, although more are wanted.
    private static let longestPage = 4 << 20
    /// How many deliveries are read at a time.
    private static let mostAtOnce = 50

    @Sendable private func redeliver(_ input: RouteInput) async throws -> Answer {
        let webhook = try await find(input)
        let missing = APIError.notFound("there is no delivery \(input.parameter.prefix(64)) of this webhook")
        guard let id = DeliveryID(input.parameter) else { throw missing }
        do {
            let delivery = try await service.redeliver(id, of: webhook.id, in: webhook.organisation, at: input.now)
            return Self.answer(delivery, of: webhook.id)
        } catch let error as StoreError {
            throw missing.ifNotFound(error)
        }
    }

    // MARK: - Parts of requests and answers

    private func find(_ input: RouteInput) async throws -> Webhook {
        let (id, organisation) = (try input.webhookID(part: 1), try input.organisation())
        do throws(StoreError) { return try await service.store.webhook(id, in: organisation) } catch {
            throw APIError.noWebhook(id.text).ifNotFound(error)
        }
    }

    /// Understands `{"send_id": …}`, or an empty object.
    private static func sendID(_ value: JSONValue) throws(InvalidInput) -> SendLogID? {
        guard case .object(let members) = value else {
            throw InvalidInput(path: "", "must be an object, not \(value.kind)")
        }
        for member in members where member.name != "send_id" {
            throw InvalidInput(path: String(member.name.prefix(64)), "is not a known field; known is \"send_id\"")
        }
        if members.count > 1 { throw InvalidInput(path: "send_id", "stands there more than once") }
        guard let member = members.first, member.value != .scalar(.null) else { return nil }
        guard case .string(let text) = member.value else {
            throw InvalidInput(path: "send_id", "must be a string, not \(member.value.kind)")
        }
        guard let id = SendLogID(text) else { throw InvalidInput(path: "send_id", SendLogID.rule) }
        return id
    }

    private static func answer(
        _ webhook: Webhook,
        _ secret: WebhookSecret?,
        head: SequenceNumber,
        status: HTTPResponseStatus = .ok
    ) -> Answer {
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":")
        webhook.write(head: head, to: &bytes)
        if let secret {
            bytes.removeLast()
            bytes.append(",\"secret\":")
            bytes.appendJSON(secret.text)
            bytes.append("}")
        }
        bytes.append("}")
        return Answer(status: status, body: bytes)
    }

    private static func answer(_ delivery: Delivery, of webhook: WebhookID) -> Answer {
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":")
        delivery.write(webhook: webhook, to: &bytes)
        bytes.append("}")
        return Answer(body: bytes)
    }
}

extension RouteInput {
    /// The webhook that the path names.
    ///
    /// - Parameter part: which of the path's parts it is, counted from 0; ``parameter`` may be a delivery's
    /// - Returns: its id.
    /// - Throws: ``APIError/noWebhook(_:)``.
    package func webhookID(part: Int) throws(APIError) -> WebhookID {
        let parts = request.path.split(separator: "/")
        guard parts.count > part, let id = WebhookID(String(parts[part])) else { throw .noWebhook("of that id") }
        return id
    }
}

extension APIError {
    /// Tells that there is no webhook of that id; one of another organisation's does not exist here.
    package static func noWebhook(_ id: String) -> APIError { .notFound("there is no webhook \(id)") }
}
