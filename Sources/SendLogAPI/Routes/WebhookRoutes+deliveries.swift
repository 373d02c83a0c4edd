import NIOHTTP1
import SendLogCore
import SendLogHTTP
import SendLogServices

/// The routes for the deliveries of webhooks: list them, and deliver again.
extension WebhookRoutes {
    var deliveryRoutes: [Route] {
        let (one, once, short) = ("/webhooks/:webhook_id", idempotencyHandler.once, Self.maxShortBodyLength)
        return [
            Route(
                .GET,
                "\(one)/deliveries",
                permission: .readWebhooks,
                query: ["state", "before", "limit"],
                handle: deliveries
            ),
            Route(
                .POST,
                "\(one)/deliveries/:delivery_id/redeliver",
                permission: .updateWebhooks,
                maxBodyLength: short,
                handle: once(redeliver)
            ),
            Route(
                .POST,
                "\(one)/redeliver",
                permission: .updateWebhooks,
                query: QueryRule([], bodyFields: FieldPaths(ReplayInput.redeliveryFields)),
                maxBodyLength: short,
                handle: once { try await replay($0) { try ReplayInput(redelivery: $0) } }
            ),
            Route(
                .POST,
                "\(one)/replay",
                permission: .updateWebhooks,
                query: QueryRule([], bodyFields: FieldPaths(ReplayInput.replayFields)),
                maxBodyLength: short,
                handle: once { try await replay($0) { try ReplayInput(replay: $0) } }
            ),
            Route(
                .DELETE,
                "\(one)/replays",
                permission: .updateWebhooks,
                maxBodyLength: short,
                handle: once(cancelReplays)
            ),
        ]
    }

    @Sendable private func deliveries(_ input: RouteInput) async throws -> Response {
        let webhook = try await find(input)
        let query = QueryString(input.request.query)
        let state = query["state"].flatMap(Delivery.State.init(rawValue:))
        if state == nil, let text = query["state"] {
            let names = Delivery.State.allCases.map(\.rawValue).joined(separator: ", ")
            throw InvalidInput(path: "state", "must be one of \(names); it is \(Naming.quoted(text))")
        }
        let before = query["before"].flatMap { DeliveryID($0) }
        if before == nil, query["before"] != nil {
            throw InvalidInput(path: "before", "must be the _id of a delivery; use next of the previous page")
        }
        let limit = try query.number("limit", in: 1...1000) ?? 100
        var bytes: [UInt8] = []
        bytes.beginEnvelope()
        bytes.append("{\"deliveries\":[")
        var (next, count) = (before, 0)
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
        bytes.append("]")
        bytes.appendMember("next", next?.description)
        bytes.append("}")
        bytes.endEnvelope(requestID: input.requestID)
        return Response(body: bytes)
    }

    /// The number of bytes after which a page of deliveries ends, even below its limit.
    private static let maxPageBytes = 4 << 20
    /// The number of deliveries to read per batch.
    private static let readBatchSize = 50

    @Sendable private func redeliver(_ input: RouteInput) async throws -> Response {
        let webhook = try await find(input)
        let missing = APIError.notFound("delivery \(Naming.shown(input.parameter)) not found")
        guard let id = DeliveryID(input.parameter) else { throw missing }
        let delivery = try await missing.ifNotFound {
            try await service.redeliver(id, of: webhook.id, in: webhook.organisation, at: input.now)
        }
        var response = Response.success(for: input) { delivery.write(webhook: webhook.id, to: &$0) }
        response.event = .webhookRedelivered(webhook.id, delivery)
        return response
    }

    private func replay(_ input: RouteInput, _ parse: (JSONValue) throws -> ReplayInput) async throws -> Response {
        let webhook = try await find(input)
        let requested = try parse(try await RequestBodyReader.json(input))
        let chosen = try await APIError.noWebhook(webhook.id.text).ifNotFound {
            try await service.replay(
                requested,
                of: webhook.id,
                reserved: input.reservedID,
                in: webhook.organisation,
                at: input.now
            )
        }
        var response = Response.success(for: input) { bytes in
            bytes.append("{")
            bytes.appendMember("queued", chosen.queued)
            bytes.appendMember("after", Int(chosen.after.number))
            bytes.appendMember("through", Int(chosen.through.number))
            bytes.append("}")
        }
        response.event = .webhookReplayed(webhook.id, requested.kind, queued: chosen.queued)
        return response
    }

    @Sendable private func cancelReplays(_ input: RouteInput) async throws -> Response {
        let webhook = try await find(input)
        let count = try await APIError.noWebhook(webhook.id.text).ifNotFound {
            try await service.cancelReplays(of: webhook.id, in: webhook.organisation)
        }
        var response = Response.success(for: input) { bytes in
            bytes.append("{")
            bytes.appendMember("_id", webhook.id.text)
            bytes.appendMember("cancelled", count)
            bytes.append("}")
        }
        response.event = .webhookReplaysCancelled(webhook.id, count: count)
        return response
    }
}
