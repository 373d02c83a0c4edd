import NIOHTTP1
package import SendLogCore
import SendLogHTTP
import SendLogServices

/// The routes for webhooks and their deliveries.
struct WebhookRoutes {
    let service: WebhookService
    let idempotencyHandler: IdempotencyHandler
    /// The maximum length of a webhook's request body in bytes.
    static let maxBodyLength = 262_144
    /// The maximum length in bytes of a request body that has at most one field.
    static let maxShortBodyLength = 16_384

    var routes: [Route] {
        let (one, once) = ("/webhooks/:webhook_id", idempotencyHandler.once)
        let (longest, short) = (Self.maxBodyLength, Self.maxShortBodyLength)
        let fields = QueryRule([], bodyFields: FieldPaths(WebhookInput.fields))
        return [
            Route(.GET, "/webhooks", permission: .readWebhooks, handle: list),
            Route(
                .POST,
                "/webhooks",
                permission: .createWebhooks,
                query: fields,
                maxBodyLength: longest,
                handle: once(create)
            ),
            Route(.GET, one, permission: .readWebhooks, handle: get),
            Route(
                .PUT,
                one,
                permission: .updateWebhooks,
                query: fields,
                maxBodyLength: longest,
                handle: once(change)
            ),
            Route(.DELETE, one, permission: .deleteWebhooks, maxBodyLength: short, handle: once(delete)),
            Route(
                .POST,
                "\(one)/test",
                permission: .updateWebhooks,
                query: QueryRule([], bodyFields: ["send_id"]),
                maxBodyLength: short,
                handle: once(test)
            ),
        ] + deliveryRoutes
    }

    @Sendable private func list(_ input: RouteInput) async throws -> Response {
        let organisation = try input.organisation()
        let webhooks = try await service.store.webhooks(in: organisation)
        let statuses = try await service.statuses(of: webhooks, in: organisation)
        return .success(for: input) { bytes in
            bytes.append("{\"webhooks\":[")
            for (index, webhook) in webhooks.enumerated() {
                if index > 0 { bytes.append(",") }
                webhook.write(statuses[index], to: &bytes)
            }
            bytes.append("]}")
        }
    }

    @Sendable private func create(_ input: RouteInput) async throws -> Response {
        let requested = try WebhookInput(try await RequestBodyReader.json(input))
        let (webhook, secret) = try await service.create(
            requested,
            reserved: input.reservedID,
            in: try input.organisation(),
            at: input.now
        )
        var response = try await response(to: input, webhook, secret, status: .created)
        response.event = .webhookCreated(webhook)
        return response
    }

    @Sendable private func get(_ input: RouteInput) async throws -> Response {
        let webhook = try await find(input)
        return try await response(to: input, webhook, nil)
    }

    @Sendable private func change(_ input: RouteInput) async throws -> Response {
        let present = try await find(input)
        let json = try await RequestBodyReader.json(input)
        let (webhook, secret) = try await APIError.noWebhook(present.id.text).ifNotFound {
            try await service.change(present.id, json, in: present.organisation, at: input.now)
        }
        var response = try await response(to: input, webhook, secret)
        response.event = .webhookChanged(webhook, from: present, hasNewSecret: secret != nil)
        return response
    }

    @Sendable private func delete(_ input: RouteInput) async throws -> Response {
        let (id, organisation) = (try input.webhookID(part: 1), try input.organisation())
        try await APIError.noWebhook(id.text).ifNotFound {
            try await service.store.deleteWebhook(id, in: organisation)
        }
        var response = Response.success(for: input) { bytes in
            bytes.append("{")
            bytes.appendMember("_id", id.text)
            bytes.appendMember("deleted", true)
            bytes.append("}")
        }
        response.event = .webhookDeleted(id)
        return response
    }

    @Sendable private func test(_ input: RouteInput) async throws -> Response {
        let webhook = try await find(input)
        let send = try Self.sendID(try await RequestBodyReader.json(input))
        let delivery = try await APIError.noSendLog(send?.text ?? "").ifNotFound {
            try await service.test(webhook.id, with: send, in: webhook.organisation, at: input.now)
        }
        var response = Response.success(for: input) { delivery.write(webhook: webhook.id, to: &$0) }
        response.event = .webhookTested(webhook.id, delivery)
        return response
    }

    // MARK: - Parts of requests and responses

    func find(_ input: RouteInput) async throws -> Webhook {
        let (id, organisation) = (try input.webhookID(part: 1), try input.organisation())
        return try await APIError.noWebhook(id.text).ifNotFound {
            try await service.store.webhook(id, in: organisation)
        }
    }

    /// Parses `{"send_id": …}` or an empty object.
    private static func sendID(_ value: JSONValue) throws(InvalidInput) -> SendLogID? {
        guard let value = try value.onlyMember("send_id"), value != .scalar(.null) else { return nil }
        guard let id = SendLogID(try value.text(of: "send_id")) else {
            throw InvalidInput(path: "send_id", SendLogID.rule)
        }
        return id
    }

    private func response(
        to input: RouteInput,
        _ webhook: Webhook,
        _ secret: WebhookSecret?,
        status: HTTPResponseStatus = .ok
    ) async throws -> Response {
        let state = try await service.status(of: webhook)
        func response(_ secret: WebhookSecret?) -> Response {
            .success(for: input, status: status) { bytes in
                webhook.write(state, to: &bytes)
                guard let secret else { return }
                bytes.removeLast()
                bytes.appendMember("secret", secret.text)
                bytes.append("}")
            }
        }
        var whole = response(secret)
        // The secret is returned once, and is not stored a second time.
        if secret != nil { whole.replayedBody = response(nil).body }
        return whole
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
